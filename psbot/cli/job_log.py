"""What a pipeline's log gets besides: sections that fold, and one line with what the run took."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

_ERASE = "\x1b[0K"


def is_in_pipeline() -> bool:
    """Tell whether this is a job of GitLab's, whose log knows sections."""
    return os.environ.get("GITLAB_CI") == "true"


@dataclass(slots=True)
class RunTotals:
    """What a run has asked of GitLab so far; in a pipeline the sum is said at its end."""

    requests: int = 0
    notes: int = 0
    clock: Callable[[], float] = time.monotonic
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def echo_summary(self) -> None:
        """Say what the run took; nothing where GitLab was not asked, or a person is at it."""
        if self.requests and is_in_pipeline():
            seconds = self.clock() - self.started
            click.echo(
                f"psbot: {self.requests} requests, {self.notes} notes, {seconds:.1f} seconds", err=True
            )


@contextmanager
def log_section(name: str, title: str, *, is_wanted: bool = True) -> Iterator[None]:
    """Fold what is printed inside in a pipeline's log; *name* tells sections of one log apart.

    The marks are GitLab's (its documentation of job logs); everywhere else nothing is added.
    """
    if not (is_wanted and is_in_pipeline()):
        yield
        return
    slug = "".join(char if char.isalnum() else "_" for char in name)
    click.echo(
        f"{_ERASE}section_start:{int(time.time())}:{slug}[collapsed=true]\r{_ERASE}{title}", color=True
    )
    try:
        yield
    finally:
        click.echo(f"{_ERASE}section_end:{int(time.time())}:{slug}\r{_ERASE}", color=True)

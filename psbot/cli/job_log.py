"""Additions to the log of a CI job: collapsible sections, and one line with what the run cost."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from psbot.core.text.quantity import quantity

_ERASE = "\x1b[0K"


def is_in_pipeline() -> bool:
    """Tell whether this is a GitLab CI job, whose log has collapsible sections."""
    return os.environ.get("GITLAB_CI") == "true"


@dataclass(slots=True)
class RunTotals:
    """Requests and notes of a run so far; in a pipeline they are printed at its end."""

    requests: int = 0
    notes: int = 0
    clock: Callable[[], float] = time.monotonic
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def echo_summary(self) -> None:
        """Print what the run cost; nothing outside a pipeline or without requests."""
        if self.requests and is_in_pipeline():
            seconds = self.clock() - self.started
            click.echo(
                f"psbot: {quantity(self.requests, 'request')}, {quantity(self.notes, 'note')}, {seconds:.1f} seconds",
                err=True,
            )


@contextmanager
def log_section(name: str, title: str, *, is_wanted: bool = True) -> Iterator[None]:
    """Make what is printed inside a collapsible section of a job log; *name* must be unique in the log.

    The markers are those of GitLab's documentation of job logs; elsewhere nothing is added.
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

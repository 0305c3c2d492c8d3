"""Measure what ``psbot advance`` reads in a portfolio with few or no changes, against the sandbox."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import gitlab_speed
import requests
from gitlab_speed import FEW, MANY, PSBOT, Ran, Server

LATER = "2026-11-30T12:00+01:00"
MOVED_SHARE = 100  # one engagement in so many has changed
PER_PAGE = 100
ALLOWED = 10


def table() -> str:
    """Return the table of advanced portfolios."""
    lines = [
        "Applied engagements of one group, with as many items each as above; one run each, three hours later. "
        f"Allowed are {ALLOWED} requests plus one per {PER_PAGE} items.\n",
        "| engagements | items | run | seconds | requests | allowed | writes | peak MB | of that at 100 |",
        "| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    bases: dict[str, float] = {}
    for count in (FEW, MANY):
        with _applied(count) as (at, folder, items):
            for name, ran in _runs(at, folder, count):
                base = bases.setdefault(name, ran.megabytes)
                allowed = items // PER_PAGE + ALLOWED
                lines.append(
                    f"| {count} | {items} | {name} | {ran.seconds:.1f} | {ran.requests} | {allowed} "
                    f"| {ran.writes} | {ran.megabytes:.0f} | {ran.megabytes / base:.2f} |"
                )
    return "\n".join(lines) + "\n"


@contextmanager
def _applied(count: int) -> Iterator[tuple[Server, Path, int]]:
    with tempfile.TemporaryDirectory() as name, gitlab_speed.server() as at:
        folder = Path(name)
        config = gitlab_speed.far_config(folder)
        each = gitlab_speed.items_of(config, folder / "items.json")
        files = gitlab_speed.write_files(folder / "engagements", count)
        for start in range(0, count, FEW):
            chunk: Sequence[Path] = files[start : start + FEW]
            at.run(PSBOT, "--config-dir", config, "apply", "--format", "json", *chunk)
        yield at, folder, each * count


def _runs(at: Server, folder: Path, count: int) -> Iterator[tuple[str, Ran]]:
    psbot = (PSBOT, "--now", LATER, "--config-dir", folder / "config", "advance", "--format", "json")
    yield "all, no changes", at.run(*psbot, folder=folder)
    at.control("POST", "/clock", now=LATER)
    yield "`--since 2h`, no changes", at.run(*psbot, "--since", "2h", folder=folder)
    _close_welcome_emails(at, count // MOVED_SHARE)
    yield "`--since 2h`, 1 % changed", at.run(*psbot, "--since", "2h", folder=folder)


def _close_welcome_emails(at: Server, count: int) -> None:
    """Let the manager close the first welcome e-mails."""
    session = requests.Session()
    session.headers["PRIVATE-TOKEN"] = "sandbox-token-maria"
    project = f"{at.url}/api/v4/projects/acme%2Fdelivery%2Finternal/issues"
    asked = {"labels": "ps-kind::welcome-email", "per_page": count, "sort": "asc"}
    for issue in session.get(project, params=asked, timeout=60).json():
        session.put(f"{project}/{issue['iid']}", json={"state_event": "close"}, timeout=60).raise_for_status()

"""Find stale items in portfolios of two sizes, side by side with a plain script."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gitlab_speed import EXAMPLE, LATENCY_MS, NOW, PSBOT, ROOT, Ran, Server

FEW, MANY = 100, 1000
AN_ENGAGEMENT = 30  # items, the epic and the log among them
DAYS = 10
# One policy, which asks what the script asks, and ceilings above what there is to do.
POLICIES = """\
policies:
  idle: {measure: idle, states: [todo, doing], after: 6, says: no human activity on this item}
ladder:
  - {tell: assignee, flag: stale}
ceilings: {notes: 10000, items: 10000}
"""


def table() -> str:
    """Return the table of first and second runs, and of the script."""
    rows: list[tuple[str, str, Ran]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = Path(shutil.copytree(ROOT / "config", folder / "config"))
        (config / "staleness.yml").write_text(POLICIES)
        psbot = (PSBOT, "--config-dir", config, "stale", "--format", "json")
        script = (
            sys.executable, Path(__file__).with_name("stale_by_hand.py"), "acme/delivery", DAYS, NOW,
        )  # fmt: skip
        for count in (FEW, MANY):
            files(folder / f"{count}" / "engagements", count)
            items = f"{count * AN_ENGAGEMENT:,}"
            with server(count) as at:
                rows.append((items, "script", at.run(*script)))
            with server(count) as at:
                rows += [
                    (items, f"`psbot stale`, {run}", at.run(*psbot, folder=folder / f"{count}", ends_with=4))
                    for run in ("first", "second")
                ]
    return _head() + "\n".join(_lines(rows)) + "\n"


def _head() -> str:
    return (
        f"Engagements of {AN_ENGAGEMENT} items in one group, all open; 3 % of the items have had no activity for six "
        f"weeks; {LATENCY_MS} ms per round trip. The script ([stale_by_hand.py](stale_by_hand.py)) lists open issues, "
        "reads the notes of those with an old `updated_at`, and comments on each. psbot flags each item and writes one "
        "digest per engagement. Its second run finds the same items and writes nothing.\n\n"
    )


def _lines(rows: list[tuple[str, str, Ran]]) -> Iterator[str]:
    yield "| items | who | requests | of the script's | of which writes | seconds | of the script's | peak MB |"
    yield "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    script = rows[0][2]
    for items, who, ran in rows:
        script = ran if who == "script" else script
        share, time = ran.requests / script.requests, ran.seconds / script.seconds
        yield (
            f"| {items} | {who} | {ran.requests} | {share:.2f} | {ran.writes} | {ran.seconds:.1f} | {time:.2f} "
            f"| {ran.megabytes:.0f} |"
        )


@contextmanager
def server(count: int) -> Iterator[Server]:
    """Yield a sandbox with *count* engagements, with the delay of a round trip."""
    command = [sys.executable, str(Path(__file__).with_name("quiet_world.py")), str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        at = Server(process.stdout.readline().split()[0])
        try:
            at.control("POST", "/settings", latency_ms=LATENCY_MS)
            yield at
        finally:
            process.send_signal(signal.SIGINT)


def files(folder: Path, count: int) -> None:
    """Write *count* engagements like the example, each with its own key, without calls and standups."""
    folder.mkdir(parents=True)
    lines = EXAMPLE.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith(("calls:", "standups:")))
    for number in range(count):
        key = f"acme-sow-{number:04}"
        own = text.replace("acme-sow-142", key).replace("SOW-2026-142", f"SOW-2026-{number:04}")
        (folder / f"{key}.yml").write_text(own)

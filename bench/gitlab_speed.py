"""How fast psbot works on GitLab, against the sandbox as a process of its own, side by side with a plain script."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).parent.parent
PSBOT = Path(sys.executable).with_name("psbot")
EXAMPLE = ROOT / "examples" / "acme-aws.yml"
NOW = "2026-11-30T09:00+01:00"
TOKEN = "sandbox-token-psbot"
LATENCY_MS, WORK_MS = 50, 200
HORIZON_DAYS = 70
FEW, MANY = 100, 1000
RUNS = ("first, labels in place", "second", "first, without labels")


@dataclass
class Ran:
    """One process: wall time in seconds, requests it made, its peak memory in MB."""

    seconds: float
    requests: int
    writes: int
    megabytes: float


@dataclass
class Server:
    """A sandbox in a process of its own."""

    url: str

    def control(self, method: str, path: str, **data: object) -> dict:
        """Ask the sandbox's own control."""
        answer = requests.request(method, f"{self.url}/-/sandbox{path}", json=data or None, timeout=600)
        answer.raise_for_status()
        return answer.json()

    def run(self, *command: object, folder: Path | None = None, ends_with: int = 0) -> Ran:
        """Run a command against the server and measure it."""
        self.control("DELETE", "/requests")
        environment = os.environ | {
            "PSBOT_GITLAB_URL": self.url, "PSBOT_TOKEN": TOKEN, "PSBOT_NOW": NOW,
            "GITLAB_URL": self.url, "GITLAB_TOKEN": TOKEN,
        }  # fmt: skip
        began = time.perf_counter()
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                list(map(str, command)), env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            errors.seek(0)
            assert process.returncode == ends_with, errors.read().decode()
        counted = self.control("GET", "/requests")["summary"]
        return Ran(seconds, counted["requests"], counted["writes"], usage.ru_maxrss / 1024)


@contextmanager
def server() -> Iterator[Server]:
    """Yield a fresh sandbox, without delays."""
    command = [PSBOT, "--now", NOW, "sandbox", "--port", "0"]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            yield Server(url)
        finally:
            process.send_signal(signal.SIGINT)


def with_labels(at: Server) -> None:
    """Put the catalogue's labels in place, as an earlier engagement would have."""
    session = requests.Session()
    session.headers["PRIVATE-TOKEN"] = TOKEN
    for title in _plan_titles():
        answer = session.post(
            f"{at.url}/api/v4/groups/acme/labels", json={"name": title, "color": "#6699cc"}, timeout=60
        )
        answer.raise_for_status()


def _plan_titles() -> list[str]:
    planned = subprocess.run(
        [PSBOT, "--now", NOW, "plan", "--offline", "--format", "json", EXAMPLE],
        capture_output=True,
        check=True,
    )
    (engagement,) = json.loads(planned.stdout)["engagements"]
    return [op["fields"]["title"]["after"] for op in engagement["operations"] if op["op"] == "create-label"]


def far_config(folder: Path) -> Path:
    """Return a copy of config/ that looks ten weeks ahead."""
    config = Path(shutil.copytree(ROOT / "config", folder / "config"))
    calendar = config / "calendar.yml"
    before = calendar.read_text()
    after = before.replace("horizon_days: 14", f"horizon_days: {HORIZON_DAYS}")
    assert after != before
    calendar.write_text(after)
    return config


def items_of(config: Path, to: Path) -> int:
    """Write what a plain script has to make; return how many items."""
    planned = subprocess.run(
        [PSBOT, "--now", NOW, "--config-dir", config, "plan", "--offline", "--format", "json", EXAMPLE],
        capture_output=True, check=True,
    )  # fmt: skip
    (engagement,) = json.loads(planned.stdout)["engagements"]
    names = ("title", "description", "labels", "assignee", "start_on", "due_on", "place")
    items = [
        {name: op["fields"].get(name, {}).get("after") for name in names}
        for op in sorted(engagement["operations"], key=lambda op: op["op"] != "create-epic")
        if op["op"].startswith("create-") and op["op"] != "create-label"
    ]
    labels = [op for op in engagement["operations"] if op["op"] == "create-label"]
    items[0]["label_group"] = labels[0]["target"]["namespace"]
    items[0]["all_labels"] = {op["fields"]["title"]["after"]: "#6699cc" for op in labels}
    to.write_text(json.dumps(items))
    return len(items)


def slow(at: Server) -> None:
    """Switch the delays on."""
    at.control("POST", "/settings", latency_ms=LATENCY_MS, work_ms=WORK_MS)


def first_apply() -> str:
    """Return the table of first and second runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = far_config(folder)
        items = folder / "items.json"
        count = items_of(config, items)
        psbot = (PSBOT, "--config-dir", config, "apply", EXAMPLE)
        script = (sys.executable, Path(__file__).with_name("by_hand.py"), items)
        ran: list[list[Ran]] = []
        for command in (script, psbot):
            with server() as at:
                with_labels(at)
                slow(at)
                ran.append([at.run(*command), at.run(*command)])
            with server() as at:
                slow(at)
                ran[-1].append(at.run(*command))
    head = (
        f"An engagement of {count} items, with {LATENCY_MS} ms per round trip and {WORK_MS} ms of processing per "
        "mutation, including the start of the process. The script ([by_hand.py](by_hand.py)) creates missing labels, "
        "searches for each item by its title, then creates it.\n\n"
    )
    lines = [
        "| run | who | seconds | of the script's | requests | of which writes |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for name, by_script, by_psbot in zip(RUNS, *ran, strict=True):
        for who, each in (("script", by_script), ("`psbot apply`", by_psbot)):
            share = each.seconds / by_script.seconds
            lines.append(
                f"| {name} | {who} | {each.seconds:.2f} | {share:.2f} | {each.requests} | {each.writes} |"
            )
    return head + "\n".join(lines) + "\n"


def portfolio() -> str:
    """Return the table of many engagements planned again."""
    rows = [(count, _planned_again(count)) for count in (FEW, MANY)]
    lines = [
        "Applied engagements of one group, planned again in one command.\n",
        "| engagements | seconds | requests | per engagement | writes | peak MB | of that at 100 |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    base = rows[0][1].megabytes
    lines += [
        f"| {count} | {ran.seconds:.1f} | {ran.requests} | {ran.requests / count:.2f} | {ran.writes} "
        f"| {ran.megabytes:.0f} | {ran.megabytes / base:.2f} |"
        for count, ran in rows
    ]
    return "\n".join(lines) + "\n"


def _planned_again(count: int) -> Ran:
    with tempfile.TemporaryDirectory() as name, server() as at:
        folder = Path(name)
        files = write_files(folder / "engagements", count)
        for start in range(0, count, FEW):
            at.run(PSBOT, "apply", "--format", "json", *files[start : start + FEW])
        return at.run(PSBOT, "plan", folder=folder)


def write_files(folder: Path, count: int) -> Sequence[Path]:
    """Write *count* engagements like the example, each with its own key."""
    folder.mkdir()
    text = EXAMPLE.read_text()
    files = []
    for number in range(count):
        key = f"acme-sow-{number:04}"
        file = folder / f"{key}.yml"
        file.write_text(text.replace("acme-sow-142", key).replace("SOW-2026-142", f"SOW-2026-{number:04}"))
        files.append(file)
    return files

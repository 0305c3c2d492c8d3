"""A real process is killed before and after every request of its run is carried out."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import token_of
from tests.resilience.checks import require
from tests.resilience.histories import History, history
from tests.resilience.matrix import check_state, settle
from tests.resilience.rows import KILLS, row, sampled_kills
from tests.support.forked import Forked, Process
from tests.support.paths import ROOT
from tests.support.sample import Sample
from tests.support.stage import OPTIONS, staged

PROGRAM = str(Path(sys.executable).with_name("psbot"))
Count = Callable[[str, int], None]
Start = Callable[[Sequence[str], Mapping[str, str]], Process]


def program(arguments: Sequence[str], environment: Mapping[str, str]) -> Process:
    """Start psbot as a shell does."""
    return subprocess.Popen(
        [PROGRAM, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def started(
    folder: Path,
    asked: History,
    url: str,
    connections: int = 1,
    command: str = "",
    start: Start = program,
) -> Process:
    """Start what a history does at an address."""
    file = folder / "engagement.yml"
    file.write_text(asked.text, encoding="utf-8")
    environment = os.environ | {
        "PSBOT_GITLAB_URL": url,
        "PSBOT_TOKEN": token_of("psbot-bot"),
        "PSBOT_NOW": asked.now.isoformat(),
        "PSBOT_CONFIG_DIR": str(config(folder, connections)),
        "PSBOT_PROFILE": "",
    }
    command = command or asked.command
    words = ("change-request", "new") if command == "change-request" else (command,)
    return start([*words, str(file), *OPTIONS.get(command, ())], environment)


def config(folder: Path, connections: int) -> Path:
    """Return the configuration as it ships, but for its connections and for how long GitLab may be at work."""
    made = folder / "config"
    made.mkdir(exist_ok=True)
    for file in (ROOT / "config").iterdir():
        text = file.read_text(encoding="utf-8")
        text = text.replace("connections: 4 ", f"connections: {connections} ")
        (made / file.name).write_text(
            text.replace("settle_seconds: 60 ", "settle_seconds: 1 "), encoding="utf-8"
        )
    return made


def kill_at(asked: History, number: int, when: FaultTiming, folder: Path, start: Start) -> None:
    """Kill a run when request *number* is in; carry it out where *when* says after."""
    world = asked.world()
    killed: list[int] = []
    with running_sandbox(world) as sandbox:
        process = started(folder, asked, sandbox.url, start=start)

        def kill(_: object) -> bool:
            process.kill()
            killed.append(process.wait())
            return True

        sandbox.gate.faults.add(Fault(FaultKind.RESET, when, number=number, match=kill))
        _, said = process.communicate(timeout=60)
    require(killed == [-signal.SIGKILL], f"request {number} never came: {said.decode()}")
    with staged(world) as stage:
        settle(stage, asked)
        check_state(stage, asked)


@pytest.mark.parametrize(("name", "when"), KILLS)
def test_two_runs_later_all_is_as_undisturbed_when_the_process_is_killed(
    name: str, when: FaultTiming, tmp_path: Path, sample: Sample, count_cases: Count
) -> None:
    asked = history(name)
    chosen = sampled_kills(sample)[name, when]
    from_a_shell = chosen[sample.seed % len(chosen)] if when is FaultTiming.BEFORE else None
    played = 0
    for entry in chosen:
        kill_at(asked, entry.number, when, tmp_path, program if entry is from_a_shell else Forked)
        played += 1
    count_cases(row("kills", name, when), played)
    assert played == len(chosen) > 0

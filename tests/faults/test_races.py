"""Several runs at once on one engagement, with people at work in between."""

import random
import subprocess
from pathlib import Path

import pytest

from psbot.sandbox.running import running
from tests.faults import people
from tests.faults.histories import history
from tests.faults.matrix import settle
from tests.faults.race import Touched, check_one_of_each, race
from tests.faults.stage import Adapters, real, staged
from tests.faults.test_kills import started

SEEDS = range(12)


def raced(name: str, runs: int, seed: int, adapters: Adapters = real) -> None:
    """Let runs race, and require that each item is there once as soon as the last has ended, and stays so."""
    asked = history(name)
    with staged(asked.world(), adapters) as stage:
        race(stage, asked, runs, random.Random(seed))
        check_one_of_each(stage.world, asked)
        settle(stage, asked)
        check_one_of_each(stage.world, asked)


@pytest.mark.parametrize("runs", [2, 8])
@pytest.mark.parametrize("name", ["small", "small-changed"])
def test_one_open_item_a_marker_is_left_when_several_runs_take_turns(name: str, runs: int) -> None:
    for seed in SEEDS:
        raced(name, runs, seed)


def test_what_a_person_did_stays_when_two_runs_race() -> None:
    asked = history("small-changed")
    for seed in SEEDS:
        draw = random.Random(seed)
        turn = draw.randrange(10)
        with staged(asked.world()) as stage:
            turns = iter(range(1000))
            done: list[Touched] = []

            def work(stage=stage, turns=turns, turn=turn, done=done) -> None:  # type: ignore[no-untyped-def]
                item = people.found(stage.world, "log")
                if next(turns) == turn and item:
                    done.append(people.worked_on(stage.world, item))

            race(stage, asked, 2, draw, work)
            check_one_of_each(stage.world, asked)
            settle(stage, asked)
            assert len(done) == 1
            done[0].check(stage.world)


@pytest.mark.parametrize("processes", [2, 10])
def test_one_open_item_a_marker_is_left_when_several_processes_apply_at_once(
    processes: int, tmp_path: Path
) -> None:
    asked = history("new")
    world = asked.world()
    with running(world, latency_ms=20, work_ms=5) as sandbox:
        begun: list[subprocess.Popen[bytes]] = []
        for number in range(processes):
            folder = tmp_path / str(number)
            folder.mkdir()
            begun.append(started(folder, asked.text, sandbox.url, connections=4))
        said = [process.communicate(timeout=120)[1].decode() for process in begun]
    assert not any("Traceback" in each for each in said), said
    check_one_of_each(world, asked)
    with staged(world) as stage:
        settle(stage, asked)
        check_one_of_each(world, asked)

"""Several runs at once on one engagement, with people at work in between."""

import random
from pathlib import Path

import pytest

from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import create_item
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.model import ItemType
from psbot.sandbox.state.world import World
from tests.resilience import humans
from tests.resilience.checks import check_once, check_told_once, marker_of
from tests.resilience.histories import ADVANCED, History, history
from tests.resilience.matrix import settle
from tests.resilience.race import Touched, check_arrived, check_one_of_each, race
from tests.resilience.test_kills import started
from tests.support.forked import Process
from tests.support.sample import Sample
from tests.support.stage import Adapters, real, staged

SEEDS = range(12)
EVERY = 3  # a sample has one of so many seeds, and of so many requests


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
def test_one_open_item_a_marker_is_left_when_several_runs_take_turns(
    name: str, runs: int, sample: Sample
) -> None:
    for seed in sample.of(SEEDS, EVERY, runs):
        raced(name, runs, seed)


def test_what_a_person_did_stays_when_two_runs_race(sample: Sample) -> None:
    asked = history("small-changed")
    for seed in sample.of(SEEDS, EVERY):
        draw = random.Random(seed)
        turn = draw.randrange(10)
        with staged(asked.world()) as stage:
            turns = iter(range(1000))
            done: list[Touched] = []

            def work(stage=stage, turns=turns, turn=turn, done=done) -> None:  # type: ignore[no-untyped-def]
                item = humans.found(stage.world, "log")
                if next(turns) == turn and item:
                    done.append(humans.worked_on(stage.world, item))

            race(stage, asked, 2, draw, work)
            check_one_of_each(stage.world, asked)
            settle(stage, asked)
            assert len(done) == 1
            done[0].check(stage.world)


# Two that move an engagement on, and one beside a run that applies its file.
BESIDE = (("advance", "advance"), ("advance", "apply"))


@pytest.mark.parametrize("commands", BESIDE, ids="-".join)
@pytest.mark.parametrize("name", ADVANCED)
def test_engagement_gets_where_one_run_leads_when_two_take_turns(
    name: str, commands: tuple[str, ...], sample: Sample
) -> None:
    asked = history(name)
    for seed in sample.of(SEEDS[:6], EVERY, ADVANCED.index(name)):
        with staged(asked.world()) as stage:
            race(stage, asked, 2, random.Random(seed), commands=commands)
            check_one_of_each(stage.world, asked)
            settle(stage, asked)
            check_arrived(stage.world, asked)


def between(asked: History, number: int, command: str, adapters: Adapters = real) -> World:
    """Let another run begin and end right before request *number*, and return what there is when both have ended."""
    with staged(asked.world(), adapters) as stage:
        begun = False

        def before() -> None:
            nonlocal begun
            if not begun and stage.gate.log.received == number - 1:
                begun = True
                stage.run(asked.engagement, asked.now, command)

        stage.run(asked.engagement, asked.now, asked.command, before=before)
        assert begun
        check_one_of_each(stage.world, asked)
        if asked.requests[number - 1].operation != "CreateNotes":  # behind the last look
            check_told_once(stage.world)
        settle(stage, asked)
        check_arrived(stage.world, asked)
        return stage.world


@pytest.mark.parametrize("command", ["advance", "apply"])
@pytest.mark.parametrize("name", ADVANCED)
def test_nothing_is_done_or_posted_twice_when_another_run_comes_in_between(
    name: str, command: str, sample: Sample
) -> None:
    asked = history(name)
    for entry in sample.of(asked.requests, EVERY, ADVANCED.index(name)):
        between(asked, entry.number, command)


@pytest.mark.parametrize("processes", [2, 10])
def test_one_open_item_a_marker_is_left_when_several_processes_apply_at_once(
    processes: int, tmp_path: Path
) -> None:
    asked = history("new")
    world = asked.world()
    with running_sandbox(world, latency_ms=20, work_ms=5) as sandbox:
        begun: list[Process] = []
        for number in range(processes):
            folder = tmp_path / str(number)
            folder.mkdir()
            begun.append(started(folder, asked, sandbox.url, connections=4))
        said = [process.communicate(timeout=120)[1].decode() for process in begun]
    assert not any("Traceback" in each for each in said), said
    check_one_of_each(world, asked)
    with staged(world) as stage:
        settle(stage, asked)
        check_one_of_each(world, asked)


@pytest.mark.parametrize("commands", BESIDE, ids="-".join)
def test_engagement_gets_where_one_run_leads_when_two_processes_run_at_once(
    commands: tuple[str, ...], tmp_path: Path
) -> None:
    asked = history("telling")
    world = asked.world()
    with running_sandbox(world, latency_ms=20, work_ms=5) as sandbox:
        begun: list[Process] = []
        for number, command in enumerate(commands):
            folder = tmp_path / str(number)
            folder.mkdir()
            begun.append(started(folder, asked, sandbox.url, connections=4, command=command))
        said = [process.communicate(timeout=120)[1].decode() for process in begun]
    assert not any("Traceback" in each for each in said), said
    check_one_of_each(world, asked)
    with staged(world) as stage:
        settle(stage, asked)
        check_arrived(world, asked)


def test_two_who_ask_for_the_same_at_once_get_it_once(sample: Sample) -> None:
    asked = history("asking")
    for seed in sample.of(SEEDS, EVERY):
        with staged(asked.world()) as stage:
            race(stage, asked, 2, random.Random(seed))
            check_one_of_each(stage.world, asked)
            settle(stage, asked)
            check_arrived(stage.world, asked)


def test_two_who_ask_for_different_changes_at_once_get_both_and_each_its_number(sample: Sample) -> None:
    asked = history("asking")
    for seed in sample.of(SEEDS, EVERY):
        with staged(asked.world()) as stage:
            race(stage, asked, 2, random.Random(seed), commands=("change-request", "another change-request"))
            settle(stage, asked)
            stage.run(asked.engagement, asked.now, "advance")
            opened = [
                item for item in stage.world.items.values() if item.is_open and "asked=" in item.description
            ]
            assert sorted(marker_of(item) or "" for item in opened) == [
                "change-request/1",
                "change-request/2",
            ]
            assert {"A second site" in item.description for item in opened} == {True, False}
            check_once(stage.world)
            settle(stage, asked)
            stage.gate.log.reset()
            assert stage.run(asked.engagement, asked.now, "advance").plan.is_empty


def test_request_of_a_person_that_gets_the_same_number_at_once_is_kept_beside_the_other() -> None:
    asked = history("asking")
    world = asked.world()
    with staged(world) as stage:
        stage.run(asked.engagement, asked.now, asked.command)
        (made,) = (each for each in world.items.values() if marker_of(each) == "change-request/1")
        person, epic = world.users["paul"], made.parent
        written = "<!-- psbot: engagement=acme-sow-142 item=change-request/1 -->\nMore users.\n"
        change = ItemChange(
            title="More users", description=written, parent=epic, add_labels=tuple(made.labels)
        )
        create_item(world, person, made.namespace, ItemType.ISSUE, change)
        stage.run(asked.engagement, asked.now, "advance")
        opened = [
            each for each in world.items.values() if (marker_of(each) or "").startswith("change-request/")
        ]
        assert sorted((marker_of(each), each.is_open) for each in opened) == [
            ("change-request/1", True),
            ("change-request/2", True),
        ]
        check_once(world)

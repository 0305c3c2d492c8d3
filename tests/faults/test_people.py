"""People edit items between observation and write; nothing that they did is lost."""

import pytest

from psbot.errors import PsbotError
from tests.faults import people
from tests.faults.histories import NAMES, NOW, History, history
from tests.faults.matrix import settle
from tests.faults.race import Touched
from tests.faults.stage import Adapters, real, staged

EXISTING = [name for name in NAMES if name != "new"]
KEYS = {"changed": "kick-off", "amended": "project-summary", "confidential": "kick-off"}


def window(asked: History) -> list[int]:
    """Return the numbers of the writes between which and the last look psbot cannot see people's edits."""
    return [entry.number for entry in asked.requests if entry.operation == "UpdateItems"]


def edited_before(asked: History, number: int, *, labels_only: bool, adapters: Adapters = real) -> None:
    """Let a person edit right before request *number*, settle, and require that the edit is there."""
    world = asked.world()
    with staged(world, adapters) as stage:
        item = people.found(world, KEYS[asked.name])
        assert item is not None
        touched: list[Touched | None] = []

        def edit() -> None:
            if stage.gate.log.received == number - 1 and not touched:
                if labels_only:
                    people.labelled(world, item)
                    touched.append(None)
                else:
                    touched.append(people.worked_on(world, item))

        try:
            stage.run(asked.engagement, NOW, before=edit)
        except PsbotError as error:
            raise AssertionError(f"a person's edit stopped the run: {error}") from error
        assert len(touched) == 1
        settle(stage, asked)
        for each in touched:
            if each:
                each.check(world)
        people.require_label(item)


@pytest.mark.parametrize("name", EXISTING)
def test_label_tick_and_words_stay_when_a_person_edits_before_the_last_look(name: str) -> None:
    asked = history(name)
    for entry in asked.requests:
        if entry.number not in window(asked):
            edited_before(asked, entry.number, labels_only=False)


@pytest.mark.parametrize("name", EXISTING)
def test_label_stays_when_a_person_sets_it_between_the_last_look_and_the_write(name: str) -> None:
    asked = history(name)
    assert window(asked)
    for number in window(asked):
        edited_before(asked, number, labels_only=True)

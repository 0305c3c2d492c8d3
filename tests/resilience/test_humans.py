"""People edit items between observation and write; nothing that they did is lost."""

from collections.abc import Callable

import pytest

from psbot.errors import PsbotError
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.world import World
from tests.resilience import humans
from tests.resilience.histories import ADVANCED, APPLIED, History, history
from tests.resilience.matrix import settle
from tests.resilience.race import Touched
from tests.support.sample import Sample
from tests.support.stage import Adapters, real, staged

EXISTING = [name for name in APPLIED if name != "new"]
# Items that psbot changes in one of the histories or in none: the epic, one with dates and a lead, one that it closes.
EDITED = ("epic", "kick-off", "project-summary", "welcome-email", "sign-off")
KEYS = {
    "changed": "kick-off",
    "amended": "project-summary",
    "confidential": "kick-off",
    "moving": "log",
    "telling": "log",
    "ending": "log",
    "deciding": "change-request/1",
}


EVERY = 3  # a sample has one of so many requests


def window(asked: History) -> list[int]:
    """Return the numbers of the writes between which and the last look psbot cannot see people's edits."""
    return [entry.number for entry in asked.requests if entry.operation == "UpdateItems"]


def edited_before(asked: History, number: int, *, labels_only: bool, adapters: Adapters = real) -> None:
    """Let a person edit right before request *number*, settle, and require that the edit is there."""
    touched: list[Touched | None] = []

    def edit(world: World, item: WorkItem) -> None:
        if labels_only:
            humans.labelled(world, item)
            touched.append(None)
        else:
            touched.append(humans.worked_on(world, item))

    world, item = played(asked, number, KEYS[asked.name], edit, adapters)
    for each in touched:
        if each:
            each.check(world)
    humans.require_label(item)


def played(
    asked: History, number: int, key: str, edit: Callable[[World, WorkItem], None], adapters: Adapters = real
) -> tuple[World, WorkItem]:
    """Let a person *edit* the item with *key* right before request *number*, and settle."""
    world = asked.world()
    with staged(world, adapters) as stage:
        item = humans.found(world, key)
        assert item is not None
        edits = 0

        def before() -> None:
            nonlocal edits
            if stage.gate.log.received == number - 1 and not edits:
                edits += 1
                edit(world, item)

        try:
            stage.run(asked.engagement, asked.now, asked.command, before=before)
        except PsbotError as error:
            raise AssertionError(f"a person's edit stopped the run: {error}") from error
        assert edits == 1
        settle(stage, asked)
    return world, item


@pytest.mark.parametrize("name", [*EXISTING, *ADVANCED])
def test_label_tick_and_words_stay_when_a_person_edits_before_the_last_look(
    name: str, sample: Sample
) -> None:
    asked = history(name)
    for entry in sample.of(asked.requests, EVERY, [*EXISTING, *ADVANCED].index(name)):
        if entry.number not in window(asked):
            edited_before(asked, entry.number, labels_only=False)


@pytest.mark.parametrize("name", [*EXISTING, *ADVANCED])
def test_label_stays_when_a_person_sets_it_between_the_last_look_and_the_write(name: str) -> None:
    asked = history(name)
    assert window(asked)
    for number in window(asked):
        edited_before(asked, number, labels_only=True)


def fields_edited_before(asked: History, number: int, key: str) -> humans.Edited:
    """Let a person give the item with *key* another title, date and assignee right before request *number*."""
    edits: list[humans.Edited] = []
    played(asked, number, key, lambda world, item: edits.append(humans.edited(world, item)))
    (edit,) = edits
    return edit


@pytest.mark.parametrize("key", EDITED)
@pytest.mark.parametrize("name", [*EXISTING, "renamed"])
def test_title_date_and_assignee_stay_when_a_person_edits_before_the_last_look(
    name: str, key: str, sample: Sample
) -> None:
    asked = history(name)
    for entry in sample.of(asked.requests, EVERY, EDITED.index(key)):
        if entry.number not in window(asked):
            edit = fields_edited_before(asked, entry.number, key)
            edit.check()
            is_before_the_write = entry.number < min(window(asked))
            assert edit.item.is_open or not is_before_the_write, "closed although a person had worked on it"


@pytest.mark.parametrize("key", EDITED)
@pytest.mark.parametrize("name", [*EXISTING, "renamed"])
def test_fields_that_psbot_leaves_alone_stay_when_a_person_edits_between_the_last_look_and_the_write(
    name: str, key: str
) -> None:
    asked = history(name)
    item = humans.found(asked.world(), key)
    assert item is not None
    unwritten = humans.left_alone(item, asked.expected)
    for number in window(asked):
        fields_edited_before(asked, number, key).check(unwritten)


def test_edited_items_are_written_in_every_field_and_in_none() -> None:
    written = set()
    for name in [*EXISTING, "renamed"]:
        for key in EDITED:
            item = humans.found(history(name).world(), key)
            assert item is not None
            unwritten = humans.left_alone(item, history(name).expected)
            written |= {(field, field not in unwritten) for field in humans.FIELDS}
    assert written == {(field, is_written) for field in humans.FIELDS for is_written in (True, False)}

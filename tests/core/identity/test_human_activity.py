"""Whether a person has edited an item, by its notes."""

from datetime import timedelta

import pytest

from psbot.core.identity.human_activity import human_activity
from psbot.core.model.history import CREATION_WINDOW, Activity, NoteEvent
from psbot.core.model.item import HumanActivity
from tests.core.identity.items import BOT, PAUL
from tests.support.builders import NOW, PROCESS

LATER = NOW + CREATION_WINDOW + timedelta(seconds=1)


def note(author: object, at: object = LATER, *, is_system: bool = True) -> NoteEvent:
    return NoteEvent(author, at, is_system)  # type: ignore[arg-type]


def test_item_that_cannot_be_read_is_unknown() -> None:
    assert human_activity(None, PROCESS) is HumanActivity.UNKNOWN


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        (Activity(BOT, NOW), HumanActivity.NO),
        (Activity(BOT, NOW, notes=(note(BOT),)), HumanActivity.NO),
        (Activity(BOT, NOW, notes=(note(PAUL),)), HumanActivity.YES),
        (Activity(BOT, NOW, notes=(note(None),)), HumanActivity.YES),
        (Activity(BOT, NOW, edited_by=PAUL), HumanActivity.YES),
        (Activity(BOT, NOW, edited_by=BOT), HumanActivity.NO),
        (Activity(BOT, NOW, has_all_notes=False), HumanActivity.UNKNOWN),
        (Activity(PAUL, NOW, notes=(note(PAUL, NOW),)), HumanActivity.NO),
        (Activity(PAUL, NOW, notes=(note(PAUL, NOW, is_system=False),)), HumanActivity.YES),
        (Activity(PAUL, NOW, notes=(note(PAUL),)), HumanActivity.YES),
    ],
)
def test_notes_of_people_count_apart_from_those_of_the_creation(
    activity: Activity, expected: HumanActivity
) -> None:
    assert human_activity(activity, PROCESS) is expected

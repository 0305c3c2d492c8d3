"""How psbot recognises an item, and why it ignores one: the same sentences as the findings."""

from dataclasses import replace

import pytest

from psbot.core.explain.recognition import (
    describe_recognition,
    is_same_item,
    why_duplicate,
    why_not_recognised,
    why_unknown,
)
from psbot.core.identity.identify import identify
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.work_item import Author, WorkItem
from tests.core.identity.items import BOT, CUSTOMER, PAUL, epic, work_item
from tests.support.builders import PROCESS, SHARED, engagement

EPIC = epic(number=1)
KICK_OFF = work_item("kick-off", parent=EPIC, number=3)


def observed(*others: WorkItem) -> Snapshot:
    return identify(engagement(), PROCESS, [EPIC], [KICK_OFF, *others]).snapshot


def why(item: WorkItem) -> str:
    return why_not_recognised(item, engagement(), PROCESS, observed(item))


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (KICK_OFF, "recognised by its marker; created by psbot-bot, a machine account"),
        (
            work_item("log", PAUL, parent=EPIC),
            "recognised by its marker; created by paul, who is listed under `people:`",
        ),
        (
            work_item(None, PAUL, parent=EPIC, label="intake-aws"),
            "recognised by its kind label as a child of the epic; it has no marker and `apply` adds one; "
            "created by paul, who is listed under `people:`",
        ),
        (
            work_item(None, CUSTOMER, parent=EPIC, label="change-request"),
            "recognised by its kind label as a child of the epic; it has no marker and `apply` adds one; "
            "created by ada, as everybody in the group may",
        ),
    ],
)
def test_item_is_recognised(item: WorkItem, expected: str) -> None:
    (found,) = (each for each in observed(item).children if each.gid == item.gid)
    assert describe_recognition(found, engagement(), PROCESS) == expected


def test_epic_without_a_marker_is_recognised_by_its_children() -> None:
    found = Item("epic", "engagement", "acme", "Acme", "", iid=1)
    assert describe_recognition(found, engagement(), PROCESS) == (
        "recognised as the only epic above the engagement's items; its marker was removed and `apply` restores it; "
        "created by a deleted account"
    )


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            work_item("kick-off", is_moved=True),
            "is the copy that GitLab keeps after a move. psbot ignores it.",
        ),
        (work_item(None), "has neither a marker nor a kind label, so psbot ignores it."),
        (
            work_item("kick-off", CUSTOMER),
            "carries the marker of kick-off but was created by ada, who is neither a machine account nor listed under "
            "`people:`. psbot ignores it.",
        ),
        (
            work_item("kick-off", None),
            "carries the marker of kick-off but was created by a deleted account. psbot ignores it.",
        ),
        (
            work_item("log", place=SHARED, parent=EPIC),
            "carries the marker of log but is in the wrong place: it was edited or moved. psbot ignores it; restore "
            "its own marker.",
        ),
        (
            work_item(None, label="kick-off"),
            "has the kind label of kick-off but no marker and is not a child of the engagement's epic. psbot ignores "
            "it.",
        ),
        (
            work_item(None, parent=EPIC, label="kick-off"),
            f"has the kind label of kick-off but no marker, and the kick-off is {SHARED}#3. psbot ignores it.",
        ),
        (
            work_item(None, CUSTOMER, parent=EPIC, label="call"),
            "has the kind label of call but no marker and was created by ada, who is neither a machine account nor "
            "listed under `people:`. psbot ignores it.",
        ),
        (
            work_item(None, parent=EPIC, label="call"),
            "has the kind label of call but no marker, so psbot cannot tell which call it is, ignores it and may "
            "create another one. Restore its first line, <!-- psbot: engagement=acme-sow-142 item=… -->, or remove "
            "the label.",
        ),
    ],
)
def test_reason_for_ignoring_an_item_names_it_and_the_next_step(item: WorkItem, expected: str) -> None:
    assert why(item) == f"{item.reference} {expected}"


@pytest.mark.parametrize("author", [BOT, CUSTOMER, None])
def test_findings_say_the_same(author: Author | None) -> None:
    for item in (work_item("kick-off", author), work_item("log", author, place=SHARED, parent=EPIC)):
        found = identify(engagement(), PROCESS, [EPIC], [KICK_OFF, item])
        messages = [each.message for each in found.findings]
        assert messages in ([], [why(item)]), "an item that counts has no finding"


def test_duplicate_names_the_item_that_psbot_uses() -> None:
    first = Item("kick-off", "kick-off", SHARED, "Kick-off", "", iid=3)
    assert why_duplicate(replace(first, iid=9), first) == (
        f"{SHARED}#9 carries the marker of kick-off, as does {SHARED}#3. psbot uses {SHARED}#3: of several items, the "
        "open one with the lowest ID."
    )


def test_item_of_no_engagement() -> None:
    item = work_item(None, label="kick-off")
    assert why_unknown(item) == (
        f"{item.reference} has no marker and is not a child of any engagement's epic with a kind label. "
        "psbot ignores it."
    )
    assert "the copy that GitLab keeps" in why_unknown(replace(item, is_moved=True))


def test_places_ignore_case() -> None:
    item = Item("kick-off", "kick-off", SHARED, "Kick-off", "", iid=3)
    assert is_same_item(item, SHARED.upper(), 3)
    assert not is_same_item(item, SHARED, 4)

"""Flags of stale items: since when one is set, when it changes, and that a person's flag stays."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from psbot.core.model.facts import Facts
from psbot.core.model.history import Histories, History, LabelEvent
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.labels import LabelDelta
from psbot.core.model.work_item import Author
from psbot.core.staleness.flags import flag_delta, flag_titles, flagged_since, may_change_flag
from tests.support.board import BOT, PROCESS, example
from tests.support.builders import INTERNAL

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
STALE, ESCALATED = "ps-attention::stale", "ps-attention::escalated"
ITEM = Item("kick-off", "kick-off", INTERNAL, "Kick-off", "", iid=1)
FLAGGED = replace(ITEM, labels=frozenset({STALE}))


def flag(title: str, is_added: bool, minutes: int, author: Author = BOT) -> LabelEvent:
    return LabelEvent("kick-off", title, is_added, author, AT + timedelta(minutes=minutes))


def test_flag_counts_from_the_first_of_an_unbroken_sequence() -> None:
    flags = flag_titles(PROCESS)
    assert flags >= {STALE, ESCALATED}
    climbed = [flag(STALE, True, 0), flag(STALE, False, 9), flag(ESCALATED, True, 9)]
    assert flagged_since(History(tuple(climbed)), flags) == AT
    again = [flag(STALE, True, 0), flag(STALE, False, 5), flag(STALE, True, 9)]
    assert flagged_since(History(tuple(again)), flags) == AT + timedelta(minutes=9)
    assert flagged_since(History(tuple(again[:2])), flags) is None


def test_flag_follows_the_escalation_step_and_ends_when_nothing_is_stale() -> None:
    assert flag_delta(ITEM, 0, PROCESS, is_kept=False) == LabelDelta((STALE,), ())
    assert flag_delta(FLAGGED, 1, PROCESS, is_kept=False) == LabelDelta((ESCALATED,), (STALE,))
    assert flag_delta(FLAGGED, None, PROCESS, is_kept=False) == LabelDelta((), (STALE,))
    assert flag_delta(FLAGGED, None, PROCESS, is_kept=True).is_empty, "it could not be checked this time"


@pytest.mark.parametrize(
    ("item", "events", "may"),
    [
        (ITEM, [], True),
        (FLAGGED, [flag(STALE, True, 0)], True),
        (FLAGGED, [flag(STALE, True, 0, Author("paul"))], False),
        (FLAGGED, [], False),
    ],
)
def test_only_a_flag_of_a_machine_is_changed(item: Item, events: list[LabelEvent], may: bool) -> None:
    histories = Histories({"kick-off": History(tuple(events))})
    facts = Facts(example(), PROCESS, Snapshot(children=(item,)), AT, histories)
    assert may_change_flag(item, facts) is may

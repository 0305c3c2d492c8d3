"""How far a stale item has escalated: it waits from its flag, or from a later activity, and notifies the right person."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from psbot.core.model.facts import Facts
from psbot.core.model.history import Histories, History, LabelEvent
from psbot.core.model.item import Item, Snapshot
from psbot.core.staleness.escalation import at_step, escalate
from psbot.core.staleness.measure import Measurement
from psbot.core.staleness.timeline import DayRange
from tests.support.board import BOT, PROCESS, example
from tests.support.builders import INTERNAL

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)  # a Monday
STALE = "ps-attention::stale"
ITEM = Item(
    "kick-off",
    "kick-off",
    INTERNAL,
    "Kick-off",
    "",
    frozenset({STALE}),
    ("paul",),
    iid=1,
    created_at=AT - timedelta(days=30),
    updated_at=AT - timedelta(days=30),
)
POLICY = PROCESS.staleness.policies["idle"]


def facts_after(days: int) -> Facts:
    """Return the facts some days after the item was flagged, on which nobody has acted."""
    event = LabelEvent("kick-off", STALE, True, BOT, AT)
    histories = Histories({"kick-off": History((event,), notes=())})
    return Facts(example(), PROCESS, Snapshot(children=(ITEM,)), AT + timedelta(days=days), histories)


def measured(days: int) -> Measurement:
    """Return that the item is stale since the end of October."""
    return Measurement(POLICY, "kick-off", DayRange(days, days), date(2026, 10, 31))


@pytest.mark.parametrize(("days", "step"), [(0, 0), (6, 0), (7, 1), (13, 1), (14, 2), (60, 2)])
def test_each_step_waits_its_business_days_after_the_flag(days: int, step: int) -> None:
    assert escalate(measured(60), ITEM, facts_after(days)).step == step


def test_unflagged_item_begins_with_the_first_step() -> None:
    unflagged = replace(ITEM, labels=frozenset())
    finding = escalate(measured(60), unflagged, facts_after(60))
    assert (finding.step, finding.recipients) == (0, ("paul",))


def test_step_never_exceeds_the_days_beyond_the_limit() -> None:
    assert escalate(measured(POLICY.after), ITEM, facts_after(60)).step == 0


def test_manager_is_notified_where_nobody_else_is_named() -> None:
    facts = facts_after(0)
    nobody = replace(facts, engagement=replace(facts.engagement, delivery_lead=None))
    assert at_step(measured(9), replace(ITEM, assignees=()), 0, nobody).recipients == ("maria",)
    assert at_step(measured(9), ITEM, 1, nobody).recipients == ("maria",)
    assert at_step(measured(9), ITEM, 2, nobody).recipients == ("maria",)

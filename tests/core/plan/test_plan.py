"""Plans: what is created, in which order, what needs --force, whom GitLab notifies, what the checksum covers."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from psbot.core.desired.build import build_desired
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.labels import LabelDelta
from psbot.core.model.operations import (
    Close,
    CreateChild,
    Operation,
    PostNotice,
    Reassign,
    Redescribe,
    Reopen,
    Reschedule,
)
from psbot.core.model.process import Limits
from psbot.core.plan.plan import Plan, build_plan
from tests.support.builders import CALLS, NOW, PROCESS, WORDS, engagement
from tests.support.world import performed

DECEMBER = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


def item(number: int) -> Item:
    return Item(
        f"item-{number}", "kick-off", "a/b", f"Item {number}", "", iid=number, due_on=date(2026, 12, 1)
    )


def closing(count: int) -> tuple[Operation, ...]:
    return tuple(Close(item(number), LabelDelta(), "left out") for number in range(count))


@pytest.mark.parametrize(
    ("closed", "opened", "needs_force"),
    [(5, 5, False), (5, 100, False), (6, 12, False), (6, 11, True), (7, 12, True), (0, 0, False)],
)
def test_plan_needs_force_to_close_more_than_five_and_more_than_half(
    closed: int, opened: int, needs_force: bool
) -> None:
    reason = Plan("acme", closing(closed), open_items=opened).why_force_is_needed(
        Limits(close_more_than=5, close_share=0.5)
    )
    assert (reason is not None) == needs_force
    if reason:
        assert f"closes {closed} of {opened} open items" in reason


def test_checksum_ignores_occurrences_and_sees_dates() -> None:
    made = CreateChild(item(1), "in the file")
    call = CreateChild(replace(item(2), key="call/2026-12-08"), "due", is_occurrence=True)
    moved = [Reschedule(item(3), None, date(2026, 12, day), "the file says so") for day in (2, 3)]
    assert Plan("acme", (made, call)).checksum() == Plan("acme", (made,)).checksum()
    assert (
        len({Plan("acme", (made, each)).checksum() for each in moved} | {Plan("acme", (made,)).checksum()})
        == 3
    )


def test_marker_that_is_given_stands_in_place_of_the_one_that_is_there() -> None:
    there = "<!-- psbot: engagement=acme item=log since=2026-11-23 -->\nWords of people.\n"
    given = Redescribe(item(1), marker="<!-- psbot: engagement=acme item=log since=2026-11-30 -->")
    assert (
        given.apply_to(there)
        == "<!-- psbot: engagement=acme item=log since=2026-11-30 -->\nWords of people.\n"
    )


def test_marker_remembers_more_and_text_stay_when_a_section_changes() -> None:
    there = (
        "<!-- psbot: engagement=acme item=log title=0a -->\nAbove.\n"
        "<!-- psbot begin: hours -->\n160\n<!-- psbot end: hours -->\nBelow.\n"
    )
    changed = Redescribe(item(1), {"hours": "180\n"}, memory={"phase": "setup"})
    assert changed.apply_to(there) == (
        "<!-- psbot: engagement=acme item=log title=0a phase=setup -->\nAbove.\n"
        "<!-- psbot begin: hours -->\n180\n<!-- psbot end: hours -->\nBelow.\n"
    )


# The whole plan


def planned(observed: Snapshot, now: datetime = NOW) -> Plan:
    ours = engagement(calls=CALLS)
    return build_plan(ours, build_desired(ours, PROCESS, now, WORDS, observed), observed, PROCESS)


def test_empty_gitlab_gets_labels_then_the_epic_then_items_by_due_date() -> None:
    plan = planned(Snapshot())
    ops = [each.op for each in plan.operations]
    labels = ops.count("create-label")
    assert labels == len(list(PROCESS.catalogue.specs()))
    assert ops[labels:] == ["create-epic", "create-child", "create-child", "create-child"]
    created = [each.item.key for each in plan.operations if isinstance(each, CreateChild)]
    assert created == ["kick-off", "intake-aws", "log"]
    assert {each.reason for each in plan.operations if isinstance(each, CreateChild)} == {
        "in the engagement file, not in GitLab"
    }
    assert plan.summary() == {"create": 4, "update": 0, "close": 0}


def test_second_plan_is_empty() -> None:
    world = performed(Snapshot(), planned(Snapshot()).operations)
    assert planned(world).is_empty


def test_call_is_created_when_it_falls_due_with_its_date_as_the_reason() -> None:
    world = performed(Snapshot(), planned(Snapshot()).operations)
    created = [each for each in planned(world, DECEMBER).operations if isinstance(each, CreateChild)]
    assert [(each.item.key, each.is_occurrence, each.reason) for each in created] == [
        ("call/2026-12-08", True, "due 2026-12-08, within the 14-day planning horizon"),
        ("call/2026-12-15", True, "due 2026-12-15, within the 14-day planning horizon"),
    ]


def test_item_that_an_outsider_has_created_below_the_epic_is_not_created_again() -> None:
    plan = planned(Snapshot(untrusted=frozenset({"kick-off"})))
    assert "kick-off" not in {each.item.key for each in plan.operations if isinstance(each, CreateChild)}


def test_closed_item_is_not_changed() -> None:
    world = performed(Snapshot(), planned(Snapshot()).operations)
    closed = replace(world.by_key()["kick-off"], is_open=False, title="Done", description="")
    assert planned(world.with_item(closed)).is_empty


def test_notifications_count_what_gitlab_sends_to_each_person() -> None:
    assigned = replace(item(1), assignees=("paul",))
    plan = Plan(
        "acme",
        (
            CreateChild(assigned, ""),
            Close(assigned, LabelDelta(), ""),
            Reopen(assigned, LabelDelta(), ""),
            Reassign(assigned, ("petra",), ""),
            PostNotice(assigned, "x", "", "", mentions=("maria",)),
            Redescribe(assigned),
        ),
    )
    assert plan.notifications() == {"maria": 1, "paul": 4, "petra": 1}


def test_summary_counts_an_item_once() -> None:
    plan = Plan(
        "acme",
        (
            Redescribe(item(1)),
            Reassign(item(1), (), ""),
            Redescribe(item(2)),
            Close(item(2), LabelDelta(), ""),
        ),
    )
    assert plan.summary() == {"create": 0, "update": 1, "close": 1}

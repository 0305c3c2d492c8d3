"""The limits of a plan, and what counts into its checksum."""

from dataclasses import replace
from datetime import date

import pytest

from psbot.core.model.item import Item
from psbot.core.model.labels import LabelDelta
from psbot.core.model.operations import Close, CreateChild, Operation, Redescribe, Reschedule
from psbot.core.model.process import Limits
from psbot.core.plan.plan import Plan


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
    call = CreateChild(
        replace(item(2), key="call/2026-12-08"), "due within the 14-day planning horizon", is_occurrence=True
    )
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

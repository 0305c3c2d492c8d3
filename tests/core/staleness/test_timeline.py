"""Timelines are built from label events, and unknown where those do not add up; days count only if all of them did."""

from datetime import UTC, date, datetime, timedelta

import pytest

from psbot.core.model.history import LabelEvent
from psbot.core.staleness.timeline import BusinessClock, DayRange, label_timeline
from tests.support.board import example

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)  # a Monday


def test_past_is_not_known_when_events_do_not_lead_to_what_is_there() -> None:
    events = [
        LabelEvent("kick-off", "ps-state::todo", True, None, AT),
        LabelEvent("kick-off", "ps-state::todo", False, None, AT + timedelta(days=1)),
    ]
    lost = label_timeline(events, "ps-state", "doing", AT)
    assert lost.values_during(AT, AT + timedelta(days=9)) is None
    assert lost.since is None
    known = label_timeline(events[:1], "ps-state", "todo", AT)
    assert known.values_during(AT, AT + timedelta(days=9)) == frozenset[str | None]({"todo"})


@pytest.mark.parametrize(
    ("answer", "days"), [(True, DayRange(4, 4)), (False, DayRange(0, 0)), (None, DayRange(0, 4))]
)
def test_business_days_after_a_day_are_counted_up_to_today(answer: bool | None, days: DayRange) -> None:
    engagement = example()
    clock = BusinessClock(engagement.workdays, engagement.zone, AT + timedelta(days=4))
    assert clock.count_days(date(2026, 11, 30), lambda _: answer) == days

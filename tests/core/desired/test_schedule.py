"""Which items an engagement has, on which days, and whether they are due."""

from dataclasses import replace
from datetime import date

import pytest

from psbot.core.desired.schedule import (
    Context,
    build_item,
    fill_pattern,
    is_applicable,
    schedule,
    schedule_kind,
    schedule_on_demand,
)
from psbot.core.model.engagement import GitLabPaths, Milestone
from psbot.core.model.process import Kind, Offset, Process, Repeat
from tests.support.builders import CALLS, GROUP, INTERNAL, LABEL_GROUP, PROCESS, SHARED, engagement

TODAY = date(2026, 11, 23)


def context(today: date = TODAY, process: Process = PROCESS, **changes: object) -> Context:
    return Context(engagement(**changes), process, today)  # type: ignore[arg-type]


def kind(name: str, **changes: object) -> Kind:
    return replace(PROCESS.kinds[name], **changes)  # type: ignore[arg-type]


def test_schedule_has_every_item_of_the_file_due_or_not() -> None:
    scheduled = schedule(context(calls=CALLS))
    assert [key for key in scheduled if not key.startswith("call/")] == [
        "epic",
        "log",
        "kick-off",
        "intake-aws",
    ]
    calls = [key for key in scheduled if key.startswith("call/")]
    assert calls[0] == "call/2026-12-08", "calls start after the kick-off"
    assert calls[-1] == "call/2027-02-23"


def test_calls_are_due_from_today_to_the_horizon() -> None:
    due = [
        each.key
        for each in schedule_kind(kind("call"), context(date(2026, 12, 8), calls=CALLS))
        if each.is_due
    ]
    assert due == ["call/2026-12-08", "call/2026-12-15", "call/2026-12-22"]


@pytest.mark.parametrize("name", ["kick-off", "call", "call/2026-12-08"])
def test_skipped_kinds_and_items_are_not_scheduled(name: str) -> None:
    scheduled = schedule(context(calls=CALLS, skip={name: "not sold"}))
    assert not any(key == name or key.startswith(f"{name}/") for key in scheduled)
    assert "log" in scheduled


def test_kind_applies_only_where_the_engagement_matches() -> None:
    assert is_applicable(kind("intake-aws"), engagement())
    assert not is_applicable(kind("intake-aws"), engagement(hosting="on-prem"))


def test_items_of_a_won_deal_are_not_due_before() -> None:
    scheduled = schedule(context(closed_won_on=None))
    assert {key: each.is_due for key, each in scheduled.items()} == {
        "epic": True,
        "log": True,
        "kick-off": False,
        "intake-aws": False,
    }


def test_due_date_is_counted_in_business_days() -> None:
    scheduled = schedule(context())
    assert scheduled["kick-off"].due_on == date(2026, 12, 1)
    assert scheduled["intake-aws"].due_on == date(2026, 12, 8)


def test_kind_per_milestone_has_one_item_each_or_one_for_the_whole_engagement() -> None:
    sign_off = kind(
        "kick-off",
        repeat=Repeat.MILESTONE,
        title="Sign-off: {customer}",
        title_each="Sign-off {milestone}",
        due=Offset("milestone", 2),
    )
    (whole,) = schedule_kind(sign_off, context())
    assert (whole.key, whole.title, whole.due_on) == ("kick-off", "Sign-off: Acme Corp", date(2027, 3, 2))
    milestones = (Milestone("Design", date(2026, 12, 18), "design"),)
    (each,) = schedule_kind(sign_off, context(milestones=milestones))
    assert (each.key, each.title, each.due_on) == ("kick-off/design", "Sign-off Design", date(2026, 12, 22))


def test_assignee_is_the_role_or_the_manager() -> None:
    assert schedule(context())["kick-off"].assignee == "paul"
    assert schedule(context(engineers=()))["kick-off"].assignee == "maria"


def test_item_on_demand_is_numbered_and_due_after_it_was_created() -> None:
    scheduled = schedule_on_demand(kind("change-request"), context(), 3, date(2026, 11, 27))
    assert scheduled.key == "change-request/3"
    assert scheduled.title == "Change request 3: Acme Corp"
    assert scheduled.due_on == date(2026, 12, 4)
    assert list(schedule_kind(kind("change-request"), context())) == []


def test_pattern_without_a_value_leaves_a_blank() -> None:
    scheduled = schedule(context())["kick-off"]
    assert (
        fill_pattern("{customer} {sow} {milestone}{day}", scheduled, engagement())
        == "Acme Corp SOW-2026-142 "
    )


def test_item_has_place_labels_and_people_and_no_text_yet() -> None:
    items = {key: build_item(context(), each) for key, each in schedule(context()).items()}
    assert {key: item.namespace for key, item in items.items()} == {
        "epic": GROUP,
        "log": INTERNAL,
        "kick-off": SHARED,
        "intake-aws": SHARED,
    }
    assert items["epic"].labels == {"ps-kind::engagement", "ps-phase::setup"}
    assert items["kick-off"].labels == {"ps-kind::kick-off", "ps-state::todo"}
    assert (items["kick-off"].assignees, items["kick-off"].description) == (("paul",), "")


def test_epic_starts_in_the_quote_phase_before_the_deal_is_won() -> None:
    scheduled = schedule(context(closed_won_on=None))["epic"]
    assert "ps-phase::quote" in build_item(context(closed_won_on=None), scheduled).labels


def test_internal_items_are_confidential_in_a_project_that_the_customer_reads() -> None:
    shared = context(gitlab=GitLabPaths(GROUP, SHARED, None, LABEL_GROUP))
    scheduled = schedule(shared)
    assert build_item(shared, scheduled["log"]).confidential
    assert not build_item(shared, scheduled["kick-off"]).confidential

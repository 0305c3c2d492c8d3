"""What is in GitLab after the four examples were applied on 2026-11-23, written down by hand from the process."""

from typing import NamedTuple

import pytest

from tests.scenarios.driver import Story


class Row(NamedTuple):
    """One item: key, place below the customer's group, title before the customer, dates, who, first state."""

    key: str
    place: str
    title: str
    due: str | None
    assignee: str | None
    state: str
    kind: str


ACME = [
    Row("log", "internal", "Engagement log", None, "maria", "todo", "engagement-log"),
    Row("quote-to-sign-off", "internal", "Quote to sign-off", "2027-02-26", "maria", "todo", "quote-to-sign-off"),
    Row("welcome-email", "internal", "Welcome e-mail", "2026-11-19", "maria", "todo", "welcome-email"),
    Row("kick-off", "project", "Kick-off", "2026-12-01", "paul", "todo", "kick-off"),
    Row("intake-aws", "project", "Intake (AWS)", "2026-12-08", "paul", "todo", "intake-aws"),
    Row("standup/2026-W49", "internal", "Standup 2026-W49", "2026-12-04", "paul", "todo", "standup"),
    Row("standup/2026-W50", "internal", "Standup 2026-W50", "2026-12-11", "paul", "todo", "standup"),
    Row("project-summary", "project", "Project summary", "2027-02-26", "paul", "todo", "project-summary"),
    Row("sign-off", "internal", "Sign-off", "2027-02-26", "maria", "blocked", "sign-off"),
    Row("financial-wrap-up", "internal", "Financial wrap-up", "2027-03-05", "paul", "blocked", "financial-wrap-up"),
    Row("post-mortem", "internal", "Post-mortem", "2027-03-12", "maria", "blocked", "post-mortem"),
]  # fmt: skip
GLOBEX = [
    Row("log", "internal", "Engagement log", None, "maria", "todo", "engagement-log"),
    Row("quote-to-sign-off", "internal", "Quote to sign-off", "2027-04-15", "maria", "todo", "quote-to-sign-off"),
    Row("kick-off", "project", "Kick-off", "2026-11-17", "petra", "todo", "kick-off"),
    Row("intake-on-prem", "project", "Intake (on-prem)", "2026-11-24", "petra", "todo", "intake-on-prem"),
    Row("call/2026-12-04", "project", "Call 2026-12-04", "2026-12-04", "petra", "todo", "call"),
    Row("standup/2026-W48", "internal", "Standup 2026-W48", "2026-11-27", "petra", "todo", "standup"),
    Row("standup/2026-W49", "internal", "Standup 2026-W49", "2026-12-04", "petra", "todo", "standup"),
    Row("standup/2026-W50", "internal", "Standup 2026-W50", "2026-12-11", "petra", "todo", "standup"),
    Row("project-summary", "project", "Project summary", "2027-04-15", "petra", "todo", "project-summary"),
    Row("sign-off/installed", "internal", "Sign-off Installed", "2026-12-18", "maria", "blocked", "sign-off"),
    Row("sign-off/production-ready", "internal", "Sign-off Production ready", "2027-01-29", "maria", "blocked", "sign-off"),
    Row("sign-off/handed-over", "internal", "Sign-off Handed over", "2027-03-31", "maria", "blocked", "sign-off"),
    Row("financial-wrap-up", "internal", "Financial wrap-up", "2027-04-22", "petra", "blocked", "financial-wrap-up"),
    Row("post-mortem", "internal", "Post-mortem", "2027-04-29", "maria", "blocked", "post-mortem"),
]  # fmt: skip
# Christmas, the substitute day of Boxing Day and New Year lie in the days after the end.
INITECH = [
    Row("log", "internal", "Engagement log", None, "maria", "todo", "engagement-log"),
    Row("quote-to-sign-off", "internal", "Quote to sign-off", "2026-12-18", "maria", "todo", "quote-to-sign-off"),
    Row("assign-engineer", "internal", "Assign engineer", "2026-11-23", "maria", "todo", "assign-engineer"),
    Row("welcome-email", "internal", "Welcome e-mail", "2026-11-25", "maria", "todo", "welcome-email"),
    Row("kick-off", "project", "Kick-off", "2026-12-02", "maria", "todo", "kick-off"),
    Row("intake-aws", "project", "Intake (AWS)", "2026-12-09", "maria", "todo", "intake-aws"),
    Row("project-summary", "project", "Project summary", "2026-12-18", "maria", "todo", "project-summary"),
    Row("sign-off", "internal", "Sign-off", "2026-12-18", "maria", "blocked", "sign-off"),
    Row("financial-wrap-up", "internal", "Financial wrap-up", "2026-12-29", "maria", "blocked", "financial-wrap-up"),
    Row("post-mortem", "internal", "Post-mortem", "2027-01-06", "maria", "blocked", "post-mortem"),
]  # fmt: skip
UMBRELLA = [
    Row("log", "internal", "Engagement log", None, "maria", "todo", "engagement-log"),
    Row("quote-to-sign-off", "internal", "Quote to sign-off", "2027-04-30", "maria", "todo", "quote-to-sign-off"),
]  # fmt: skip

# Example → group, customer, statement of work, kick-off, end, phase, items.
EXAMPLES = {
    "acme-aws": ("acme/delivery", "Acme Corp", "SOW-2026-142", "2026-12-01", "2027-02-26", "setup", ACME),
    "globex-on-prem": ("services/globex", "Globex Industries", "SOW-2026-007", "2026-11-17", "2027-04-15", "setup", GLOBEX),
    "initech-minimal": ("services/initech", "Initech", "SOW-2026-001", "2026-12-02", "2026-12-18", "setup", INITECH),
    "umbrella-quote": ("services/umbrella", "Umbrella Labs", "SOW-2026-009", "2027-01-12", "2027-04-30", "quote", UMBRELLA),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_has_its_epic_with_fixed_dates_when_applied(name: str, given: Story, then: Story) -> None:
    group, customer, sow, kick_off, end, phase, _ = EXAMPLES[name]
    given.applied(name)
    epic = then.item("epic")
    assert (epic.place, epic.type, epic.title) == (group, "EPIC", f"{customer}: {sow}")
    assert (epic.start, epic.due, epic.assignees, epic.parent) == (kick_off, end, [], None)
    assert epic.labels == ["ps-kind::engagement", f"ps-phase::{phase}"]
    assert then.has_fixed_dates(group)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_has_exactly_the_items_of_the_process_when_applied(
    name: str, given: Story, then: Story
) -> None:
    group, customer, sow, _, _, _, rows = EXAMPLES[name]
    given.applied(name)
    assert then.made() == {"epic", *(row.key for row in rows)}
    assert len(then.everything) == 1 + len(rows)
    for row in rows:
        item = then.item(row.key)
        assert item.first_line.startswith(f"<!-- psbot: engagement={then.file['engagement']} item={row.key} ")
        assert (item.place, item.type, item.title) == (
            f"{group}/{row.place}",
            "ISSUE",
            f"{row.title}: {customer}",
        )
        assert (item.start, item.due) == (None, row.due), row
        assert item.assignees == [row.assignee], row
        health = ["ps-health::green"] if row.key == "log" else []
        assert item.labels == [*health, f"ps-kind::{row.kind}", f"ps-state::{row.state}"], row
        assert item.parent == [group, f"{customer}: {sow}"], row
        assert (item.is_open, item.confidential, item.author) == (True, False, "psbot-bot"), row


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_needs_no_writes_when_applied_again(
    name: str, given: Story, when: Story, then: Story
) -> None:
    given.applied(name)
    before = then.state(), then.notifications()
    when.control("DELETE", "/requests")
    assert when.run().plan.is_empty
    seen = then.requests()
    assert (seen["mutations"], seen["writes"]) == (0, 0)
    assert seen["requests"] <= 3
    assert (then.state(), then.notifications()) == before


def test_example_needs_no_writes_when_only_a_day_has_passed(given: Story, when: Story) -> None:
    given.applied("acme-aws", on="2026-11-24")
    assert when.applied(on="2026-11-27").is_empty


def test_call_is_made_on_the_day_that_it_comes_within_two_weeks(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws", on="2026-11-23")
    when.applied(on="2026-11-24")
    assert then.operations == [("create-child", "call/2026-12-08")]


def test_calls_and_standups_are_made_two_weeks_ahead_and_never_back_filled(given: Story, then: Story) -> None:
    given.applied("acme-aws", on="2026-12-18")
    made = {key for key in then.made() if "/" in key}
    assert made == {
        "standup/2026-W51",
        "standup/2026-W52",
        "standup/2026-W53",
        "call/2026-12-22",
        "call/2026-12-29",
    }
    assert then.item("standup/2026-W52").due == "2026-12-24"
    assert then.item("standup/2026-W53").due == "2026-12-31"
    call = then.item("call/2026-12-22")
    assert (call.title, call.due) == ("Call 2026-12-22: Acme Corp", "2026-12-22")
    assert (call.place, call.assignees) == ("acme/delivery/project", ["paul"])


def test_friday_call_is_left_out_when_it_falls_on_a_holiday(given: Story, then: Story) -> None:
    given.applied("acme-aws", on="2026-12-21", calls={"on": "friday"})
    assert not any(key.startswith("call/") for key in then.made())


def test_engagement_without_an_internal_project_keeps_internal_items_confidential(
    given: Story, then: Story
) -> None:
    places = {"internal_project": None, "internal": "confidential-in-shared"}
    given.applied("acme-aws", gitlab=places)
    shared = {"epic", "kick-off", "intake-aws", "project-summary"}
    assert {key for key in then.made() if not then.item(key).confidential} == shared
    assert {one.place for one in then.everything} == {"acme/delivery", "acme/delivery/project"}

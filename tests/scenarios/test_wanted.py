"""What becomes of items when the file changes its mind: left out, no longer wanted, later, longer, other people."""

from collections.abc import Callable

import pytest

from tests.scenarios.driver import Story
from tests.scenarios.people import Person

People = Callable[[str], Person]
SKIP = {"welcome-email": "sent by the account team"}


def test_kind_is_not_made_when_the_file_skips_it(given: Story, then: Story) -> None:
    given.applied("acme-aws", skip=SKIP)
    assert not then.has("welcome-email")
    assert ("skipped", "welcome-email") in then.findings


def test_unchanged_item_is_closed_as_skipped_when_its_kind_is_skipped_later(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws")
    when.applied(skip=SKIP)
    welcome = then.item("welcome-email")
    assert (welcome.is_open, welcome.item_state) == (False, "skipped")
    assert then.operations == [("close", "welcome-email")]


def test_skipped_item_is_neither_reopened_nor_made_again_when_the_skip_is_taken_back(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws")
    given.applied(skip=SKIP)
    when.applied(skip=None)
    assert not then.item("welcome-email").is_open


def touches(someone: Person, how: str, what: str) -> None:
    """Do one of the things that count as work on an item."""
    match how:
        case "comment":
            someone.comments(what, "I have begun.")
        case "tick":
            text = someone.found(what)["description"]
            someone.ticks(what, text.partition("- [ ] ")[2].partition("\n")[0])
        case "label":
            someone.labels(what, add="ps-state::doing")
        case "date":
            someone.moves(what, "2026-11-27")


@pytest.mark.parametrize("how", ["comment", "tick", "label", "date"])
def test_edited_item_is_kept_with_a_finding_when_its_kind_is_skipped_later(
    how: str, given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    touches(person("maria"), how, "welcome-email")
    before = then.item("welcome-email")
    when.applied(skip=SKIP)
    assert then.item("welcome-email") == before
    assert before.is_open
    assert ("obsolete-kept", "welcome-email") in then.findings


def test_calls_move_to_the_new_weekday_and_one_that_a_person_worked_on_stays(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws", on="2026-12-07")
    assert {key for key in then.made() if key.startswith("call/")} == {
        "call/2026-12-08",
        "call/2026-12-15",
    }
    person("paul").comments("call/2026-12-08", "Agenda sent.")
    when.applied(calls={"on": "thursday"})
    assert {key for key in then.made(is_open=True) if key.startswith("call/")} == {
        "call/2026-12-08",
        "call/2026-12-10",
        "call/2026-12-17",
    }
    gone = then.item("call/2026-12-15")
    assert (gone.is_open, gone.item_state) == (False, "skipped")
    assert ("obsolete-kept", "call/2026-12-08") in then.findings


def test_past_call_stays_open_and_wanted_when_the_weekday_stays(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws", on="2026-12-07")
    when.applied(on="2026-12-10")
    call = then.item("call/2026-12-08")
    assert (call.is_open, call.item_state) == (True, "todo")


def test_intake_is_exchanged_when_the_hosting_is_switched(given: Story, when: Story, then: Story) -> None:
    given.applied("acme-aws")
    when.applied(hosting="on-prem")
    old, new = then.item("intake-aws"), then.item("intake-on-prem")
    assert (old.is_open, old.item_state) == (False, "skipped")
    assert (new.title, new.due, new.assignees) == ("Intake (on-prem): Acme Corp", "2026-12-08", ["paul"])
    assert "Intake (on-prem)" in then.item("epic").words
    assert "Intake (AWS)" not in then.item("epic").words


def test_what_lies_after_the_end_is_closed_when_the_end_comes_earlier(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws", on="2026-12-07")
    when.applied(ends_on="2026-12-11")
    assert {key for key in then.made(is_open=False)} == {
        "call/2026-12-15",
        "standup/2026-W51",
        "standup/2026-W52",
    }
    assert {key: then.item(key).due for key in ("epic", "project-summary", "sign-off", "post-mortem")} == {
        "epic": "2026-12-11",
        "project-summary": "2026-12-11",
        "sign-off": "2026-12-11",
        "post-mortem": "2026-12-28",
    }


def test_last_standup_is_due_on_the_last_day_when_the_end_comes_within_its_week(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws", on="2026-12-07")
    when.applied(ends_on="2026-12-10")
    assert then.item("standup/2026-W50").due == "2026-12-10"


def test_milestones_take_the_place_of_the_one_sign_off(given: Story, when: Story, then: Story) -> None:
    given.applied("acme-aws")
    when.applied(milestones=[{"name": "Production ready", "due": "2027-01-29"}])
    assert not then.item("sign-off").is_open
    made = then.item("sign-off/production-ready")
    assert (made.title, made.due, made.item_state) == (
        "Sign-off Production ready: Acme Corp",
        "2027-01-29",
        "blocked",
    )


LEADS = {
    "kick-off",
    "intake-aws",
    "standup/2026-W49",
    "standup/2026-W50",
    "project-summary",
    "financial-wrap-up",
}


def test_items_of_the_lead_change_hands_when_the_lead_changes(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("acme-aws")
    assert {key for key in then.made() if then.item(key).assignees == ["paul"]} == LEADS
    person("paul").gives("intake-aws", "paul", "pia")
    person("paul").comments("kick-off", "I have booked the room.")
    person("paul").closes("standup/2026-W49")
    when.applied(people={"engineers": ["petra", "paul"]})
    owners = {key: then.item(key).assignees for key in LEADS}
    assert owners == {key: ["petra"] for key in LEADS} | {
        "intake-aws": ["paul", "pia"],
        "standup/2026-W49": ["paul"],
    }
    assert then.kept == {("intake-aws", "assignee")}
    assert then.item("sign-off").assignees == ["maria"]


def test_kick_off_that_slips_a_week_moves_everything_that_depends_on_it(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws", on="2026-11-30")
    assert {key for key in then.made() if "/" in key} == {
        "call/2026-12-08",
        "standup/2026-W49",
        "standup/2026-W50",
        "standup/2026-W51",
    }
    when.applied(kick_off_on="2026-12-08")
    assert (then.item("epic").start, then.item("epic").due) == ("2026-12-08", "2027-02-26")
    assert then.item("kick-off").due == "2026-12-08"
    assert then.item("intake-aws").due == "2026-12-15"
    assert then.made(is_open=False) == {"call/2026-12-08", "standup/2026-W49"}
    assert then.item("standup/2026-W50").due == "2026-12-11"
    assert then.item("welcome-email").due == "2026-11-19"
    when.applied(on="2026-12-01")
    assert then.item("call/2026-12-15").is_open


def test_call_that_was_closed_as_unwanted_stays_closed_when_the_kick_off_slips_back(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("acme-aws", on="2026-11-30")
    given.applied(kick_off_on="2026-12-08")
    when.applied(kick_off_on="2026-12-01")
    assert not then.item("call/2026-12-08").is_open
    assert then.item("kick-off").due == "2026-12-01"


def test_assign_engineer_is_closed_as_done_when_the_file_names_one(
    given: Story, when: Story, then: Story, person: People
) -> None:
    given.applied("initech-minimal")
    assert then.item("kick-off").assignees == ["maria"]
    assert ("no-engineer", None) in then.findings
    person("maria").comments("assign-engineer", "Paul is free.")
    when.applied(people={"engineers": ["paul"]})
    asked = then.item("assign-engineer")
    assert (asked.is_open, asked.item_state) == (False, "done")
    assert then.item("kick-off").assignees == ["paul"]
    assert then.item("sign-off").assignees == ["maria"]
    assert ("no-engineer", None) not in then.findings


def test_amendment_moves_the_end_from_the_day_it_is_signed(given: Story, when: Story, then: Story) -> None:
    signed = {"reference": "CO-1", "signed_on": "2026-11-25", "hours": 40, "ends_on": "2027-03-19"}
    given.applied("acme-aws", on="2026-11-24", amendments=[signed])
    assert then.item("epic").due == "2027-02-26"
    when.applied(on="2026-11-25")
    # Good Friday and Easter Monday lie between the end and what follows it.
    assert {key: then.item(key).due for key in ENDS} == ENDS
    assert "200" in then.item("log").words
    assert "200" not in then.item("epic").words


ENDS = {
    "epic": "2027-03-19",
    "quote-to-sign-off": "2027-03-19",
    "project-summary": "2027-03-19",
    "sign-off": "2027-03-19",
    "financial-wrap-up": "2027-03-30",
    "post-mortem": "2027-04-06",
    "kick-off": "2026-12-01",
}


def test_last_amendment_counts_when_several_move_the_end(given: Story, then: Story) -> None:
    first = {"reference": "CO-1", "signed_on": "2026-11-18", "ends_on": "2027-03-19"}
    second = {"reference": "CO-2", "signed_on": "2026-11-20", "ends_on": "2027-02-19"}
    given.applied("acme-aws", amendments=[first, second])
    assert then.item("project-summary").due == "2027-02-19"


def test_quote_gets_its_single_items_on_the_day_it_is_closed_won(
    given: Story, when: Story, then: Story
) -> None:
    given.applied("umbrella-quote", closed_won_on="2026-12-01")
    assert then.made() == {"epic", "log", "quote-to-sign-off"}
    when.applied(on="2026-12-01")
    assert then.made() == {
        "epic",
        "log",
        "quote-to-sign-off",
        "assign-engineer",
        "welcome-email",
        "kick-off",
        "intake-on-prem",
        "project-summary",
        "sign-off",
        "financial-wrap-up",
        "post-mortem",
    }
    dues = {key: then.item(key).due for key in ("assign-engineer", "welcome-email", "kick-off")}
    assert dues == {
        "assign-engineer": "2026-12-02",
        "welcome-email": "2026-12-04",
        "kick-off": "2027-01-12",
    }
    # The phase is progress: applying a file does not move it.
    assert then.item("epic").labels == ["ps-kind::engagement", "ps-phase::quote"]


def test_quote_whose_kick_off_day_has_come_is_a_finding(given: Story, when: Story, then: Story) -> None:
    given.applied("umbrella-quote")
    when.applied(on="2027-01-12")
    assert ("kick-off-without-deal", None) in then.findings


@pytest.mark.parametrize("phase", ["completed", "cancelled"])
def test_engagement_that_is_over_is_left_as_it_is(given: Story, person: People, phase: str) -> None:
    given.applied("acme-aws")
    person("maria").labels("epic", f"ps-phase::{phase}")
    plan = given.applied(on="2026-12-14", kick_off_on="2026-12-10")
    assert plan.is_empty
    assert [finding.message for finding in plan.findings if finding.code == "engagement-ended"] == [
        f"the engagement is {phase}; psbot no longer changes it"
    ]

"""What `psbot explain` shows about one item: one test a statement."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from psbot.core.desired.build import build_desired
from psbot.core.explain.explanation import Explanation, Subject, explain_item
from psbot.core.explain.statement import Statement, Truth
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.history import Histories
from psbot.core.model.work_item import Author, WorkItem
from psbot.core.model.workflow import Condition
from psbot.core.plan.plan import Plan, build_plan
from psbot.core.workflow.advance import advance
from tests.core.workflow.engagements import delivering, wrapping_up
from tests.support.board import CUSTOMER, TEMPLATES, Desk, example


@pytest.fixture
def desk() -> Desk:
    """The AWS example in setup, one week before its kick-off."""
    desk = Desk()
    desk.apply()
    return desk


def of(desk: Desk, key: str) -> Explanation:
    """Explain an item; each history that the explanation needs is read once."""
    facts = desk.facts()
    wanted = build_desired(desk.engagement, desk.process, desk.now, TEMPLATES, desk.world)
    applying = build_plan(desk.engagement, wanted, desk.world, desk.process)
    advancing = advance(facts, TEMPLATES) if desk.world.epic else Plan(desk.engagement.key)
    while True:
        explanation = explain_item(Subject(key, facts, applying, advancing, desk.world.by_key().get(key)))
        asked = explanation.needs - facts.histories.by_item.keys()
        if not asked:
            return explanation
        items = {**facts.histories.by_item, **{each: desk._history(each) for each in asked}}
        facts = replace(facts, histories=Histories(items, facts.histories.notices))


def on_topic(explanation: Explanation, about: str) -> list[tuple[str, str]]:
    """Truths and texts of the statements on one topic, with their parts."""
    found = [each for each in (*explanation.what, *explanation.why) if each.about == about]
    return [(each.truth.value, each.text) for statement in found for each in (statement, *statement.parts)]


def statements(explanation: Explanation) -> list[Statement]:
    return [
        each for statement in (*explanation.what, *explanation.why) for each in (statement, *statement.parts)
    ]


def ops(explanation: Explanation) -> dict[str, list[str]]:
    return {
        "apply": [each.op for each in explanation.apply],
        "advance": [each.op for each in explanation.advance],
    }


# The epic


def test_epic_shows_its_phase_since_when_and_every_way_out_with_each_guard(desk: Desk) -> None:
    explanation = of(desk, "epic")
    assert on_topic(explanation, "phase") == [("told", "setup since 2026-11-23, accepted by psbot")]
    assert on_topic(explanation, "moves") == [
        ("no", "setup → kick-off"),
        ("no", "welcome-email is todo"),
        ("yes", "paul is the lead engineer"),
        ("told", "setup → on-hold: the manager can set it manually"),
        ("told", "setup → cancelled: the manager can set it manually"),
    ]
    assert ops(explanation) == {"apply": [], "advance": []}


def test_epic_shows_that_people_may_go_before_the_guards_hold() -> None:
    explanation = of(delivering(), "epic")
    assert on_topic(explanation, "moves")[:3] == [
        ("no", "delivery → wrap-up"),
        ("no", "the engagement ends on 2027-02-26 (not reached yet)"),
        ("told", "anyone listed under `people:` can set it manually"),
    ]
    assert "after intake" in on_topic(explanation, "phase")[0][1]


def test_epic_shows_who_has_moved_its_label_and_what_counts(desk: Desk) -> None:
    desk.label("paul", "epic", "phase", "intake")
    explanation = of(desk, "epic")
    assert on_topic(explanation, "phase")[0][1].startswith("setup since")
    assert on_topic(explanation, "label") == [
        ("told", "shows intake, set by paul (listed under `people:`) on 2026-11-23")
    ]
    assert [each.code for each in explanation.findings] == ["transition-refused"]


def test_epic_that_moves_in_the_next_run_shows_so_with_the_facts(desk: Desk) -> None:
    desk.close("maria", "welcome-email")
    explanation = of(desk, "epic")
    assert on_topic(explanation, "moves")[0] == ("yes", "setup → kick-off")
    assert ops(explanation)["advance"] == ["relabel", "redescribe"]


def test_epic_shows_could_not_check_where_a_history_cannot_be_read(desk: Desk) -> None:
    desk.label("maria", "welcome-email", "state", "done")
    desk.unreadable = frozenset({"welcome-email"})
    explanation = of(desk, "epic")
    assert on_topic(explanation, "moves")[:2] == [
        ("could not check", "setup → kick-off"),
        ("could not check", "welcome-email is done, but psbot could not check who did that"),
    ]


def test_guard_that_is_not_decisive_is_checked_all_the_same() -> None:
    """Without an engineer no history would make a difference, and the explanation reads it anyway."""
    desk = Desk(example(engineers=()))
    desk.apply()
    desk.label("maria", "welcome-email", "state", "done")
    desk.advance()
    assert ("yes", "welcome-email is done, by maria") in on_topic(of(desk, "epic"), "moves")


def test_engagement_on_hold_shows_which_phase_it_goes_back_to() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "on-hold")
    desk.advance()
    assert ("told", "on-hold → back to delivery: the manager can set it manually") in on_topic(
        of(desk, "epic"), "moves"
    )


def test_final_phase_has_no_transitions_and_its_items_are_left_as_they_are() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "cancelled")
    desk.advance()
    assert on_topic(of(desk, "epic"), "moves") == [
        ("no", "cancelled is a final phase; it has no transitions")
    ]
    assert on_topic(of(desk, "kick-off"), "over") == [
        ("no", "the engagement is cancelled; psbot no longer changes it")
    ]


def test_alarm_is_reported_once_and_not_at_all_where_it_is_excused() -> None:
    desk = Desk(example(closed_won_on=None))
    desk.apply()
    desk.on("2026-12-02")
    (finding,) = of(desk, "epic").findings
    assert finding.code == "kick-off-without-deal"
    workflow = desk.process.workflow
    (alarm,) = workflow.rules.alarms
    excused = replace(alarm, unless=(Condition("engineer-named"),))
    table = replace(workflow.rules, alarms=(excused,))
    desk.process = replace(desk.process, workflow=replace(workflow, rules=table))
    assert of(desk, "epic").findings == ()


# An item


def test_item_shows_its_state_and_who_set_it(desk: Desk) -> None:
    assert on_topic(of(desk, "kick-off"), "state") == [
        ("told", "todo, set by psbot-bot (machine account) on 2026-11-23")
    ]
    for who, role in [
        ("maria", "manager"),
        ("petra", "listed under `people:`"),
        (CUSTOMER, "not listed under `people:`"),
    ]:
        desk.label(who, "kick-off", "state", "doing")
        assert on_topic(of(desk, "kick-off"), "state") == [
            ("told", f"doing, set by {who} ({role}) on 2026-11-23")
        ]
        desk.label("paul", "kick-off", "state", "todo")


def test_item_whose_history_cannot_be_read_shows_could_not_check(desk: Desk) -> None:
    desk.unreadable = frozenset({"kick-off"})
    assert on_topic(of(desk, "kick-off"), "state") == [
        ("told", "todo, set by an account that psbot could not check")
    ]


def test_item_that_a_customer_closed_shows_that_it_is_ignored(desk: Desk) -> None:
    desk.close(CUSTOMER, "kick-off")
    explanation = of(desk, "kick-off")
    assert on_topic(explanation, "closed") == [
        ("told", f"closed by {CUSTOMER} (not listed under `people:`) on 2026-11-23")
    ]
    assert on_topic(explanation, "awaited") == [("no", "kick-off → intake depends on it: kick-off is todo")]
    assert [each.code for each in explanation.findings] == ["unauthorized-change"]


def test_item_shows_what_waits_for_it(desk: Desk) -> None:
    waiting = {key: [text.partition(" depends")[0] for _, text in on_topic(of(desk, key), "awaited")] for key in (
        "welcome-email", "project-summary", "sign-off", "post-mortem", "log"
    )}  # fmt: skip
    assert waiting == {
        "welcome-email": ["setup → kick-off"],
        "project-summary": ["wrap-up → post-mortem", "the gate of post-mortem"],
        "sign-off": [
            "wrap-up → post-mortem",
            "the gate of financial-wrap-up",
            "the closing of quote-to-sign-off",
        ],
        "post-mortem": ["post-mortem → completed"],
        "log": [],
    }


def test_phase_of_the_name_of_a_kind_waits_for_no_item(desk: Desk) -> None:
    table = desk.process.workflow.rules
    gates = {**table.gates, "post-mortem": (Condition("phase", "kick-off"),)}
    workflow = replace(desk.process.workflow, rules=replace(table, gates=gates))
    desk.process = replace(desk.process, workflow=workflow)
    assert on_topic(of(desk, "kick-off"), "awaited") == [
        ("no", "kick-off → intake depends on it: kick-off is todo")
    ]


def test_gate_answers_with_its_guards(desk: Desk) -> None:
    assert on_topic(of(desk, "sign-off"), "gate") == [
        ("no", "blocked until this holds, then todo"),
        ("no", "the phase is setup and it does not belong to a milestone"),
    ]
    assert on_topic(of(wrapping_up(), "sign-off"), "gate")[0] == ("yes", "no longer blocked")


def test_sign_off_shows_how_its_clock_runs() -> None:
    desk = wrapping_up()
    assert on_topic(of(desk, "sign-off"), "clock") == [("told", "starts when the sign-off is set to sent")]
    desk.label("maria", "sign-off", "signoff", "sent")
    assert on_topic(of(desk, "sign-off"), "clock") == [
        ("told", "sent on 2027-02-26; passive after 2027-03-04 (business day 5) without an objection")
    ]
    desk.on("2027-03-04", "23:59")
    assert on_topic(of(desk, "sign-off"), "clock")[0][0] == "told", "the day is not over"
    desk.on("2027-03-05")
    explanation = of(desk, "sign-off")
    assert on_topic(explanation, "clock")[0][0] == "yes"
    assert ops(explanation)["advance"] == ["relabel", "redescribe"], "which records the days"
    desk.advance()
    assert on_topic(of(desk, "sign-off"), "clock") == [("told", "the sign-off is passive")]


def test_clock_that_a_customer_started_does_not_run() -> None:
    desk = wrapping_up()
    desk.label(CUSTOMER, "sign-off", "signoff", "sent")
    ((says, text),) = on_topic(of(desk, "sign-off"), "clock")
    assert (says, "the change was ignored" in text) == ("no", True)


def test_item_shows_what_people_keep(desk: Desk) -> None:
    item = desk.item("kick-off")
    desk.world = desk.world.with_item(replace(item, due_on=date(2026, 12, 3)))
    (kept,) = of(desk, "kick-off").kept
    assert (kept.field, kept.file, kept.gitlab) == ("due_on", "2026-12-01", "2026-12-03")


# Wanted or not


@pytest.mark.parametrize(
    ("changes", "key", "says", "words"),
    [
        ({}, "kick-off", "yes", "in the engagement file, due 2026-12-01"),
        ({}, "call/2026-12-08", "no", "its date, 2026-12-08, is beyond the 14-day planning horizon"),
        ({}, "call/2026-12-09", "no", "the engagement file schedules no call on that day"),
        ({"calls": None}, "call/2026-12-08", "no", "the engagement file schedules no call on that day"),
        ({}, "standup/2026-W40", "no", "the engagement file schedules no standup in that week"),
        ({}, "standup/2026-W49", "yes", "due 2026-12-04, within the 14-day planning horizon"),
        ({}, "intake-on-prem", "no", "created only where hosting is on-prem"),
        ({}, "sign-off/gone", "no", "the engagement file has no such milestone"),
        ({}, "change-request/1", "yes", "created by people on demand"),
        ({}, "kick-off/2", "no", "the process has no such item"),
        ({"skip": {"kick-off": "not sold"}}, "kick-off", "no", "skipped in the engagement file: not sold"),
        ({"closed_won_on": None}, "kick-off", "no", "the deal is not Closed Won yet"),
        ({"closed_won_on": None}, "standup/2026-W49", "no", "the deal is not Closed Won"),
    ],
)
def test_item_that_is_not_there_shows_whether_it_is_wanted(
    changes: dict[str, Any], key: str, says: str, words: str
) -> None:
    explanation = of(Desk(example(**changes)), key)
    assert on_topic(explanation, "item") == [("no", f"{key} of acme-sow-142 is not in GitLab")]
    ((found, text),) = on_topic(explanation, "wanted")
    assert found == says
    assert text.startswith(words)
    made = {each.item.key for each in explanation.apply}
    assert made == ({key} if says == "yes" and key != "change-request/1" else set()), "apply agrees"


def test_day_that_is_past_is_not_created_afterwards() -> None:
    desk = Desk()
    desk.on("2026-12-10")
    ((says, text),) = on_topic(of(desk, "call/2026-12-08"), "wanted")
    assert (says, text) == ("no", "its date, 2026-12-08, is past; psbot creates nothing for past dates")


def test_call_is_not_created_while_the_engagement_is_on_hold() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "on-hold")
    desk.advance()
    desk.on("2027-01-11")
    assert on_topic(of(desk, "call/2027-01-19"), "wanted") == [
        ("no", "no calls or standups are created while the engagement is on-hold")
    ]


def test_every_item_of_the_process_is_explained_without_a_word_missing(desk: Desk) -> None:
    for kind in desk.process.kinds.values():
        explanation = of(desk, kind.item)
        assert explanation.what
        assert all(each.text and each.truth in Truth for each in statements(explanation)), kind.name


def test_item_that_is_ignored_gets_the_findings_that_name_it_and_no_others(desk: Desk) -> None:
    made = WorkItem("gid://gitlab/WorkItem/9", 1, "acme/project", "Mine", "Words", Author("ada"))
    messages = ("acme/project#1 has no marker", "acme/project#12 has none", "big/acme/project#1 has none")
    found = tuple(Finding("marker-missing", Severity.WARNING, each) for each in messages)
    nothing = Plan(desk.engagement.key)
    explanation = explain_item(
        Subject("", desk.facts(), nothing, replace(nothing, findings=found), None, made)
    )
    assert [each.message for each in explanation.findings] == [messages[0]]
    assert (explanation.key, on_topic(explanation, "item")[0][0]) == (None, "no")

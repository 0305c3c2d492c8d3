"""What psbot says of one item: one test a sentence."""

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
from tests.core.workflow.test_advance import delivering, wrapping_up
from tests.support.board import CUSTOMER, TEMPLATES, Desk, example


@pytest.fixture
def desk() -> Desk:
    """The AWS example in setup, one week before its kick-off."""
    desk = Desk()
    desk.apply()
    return desk


def of(desk: Desk, key: str) -> Explanation:
    """Explain an item; what the explanation asks for is read, and nothing twice."""
    facts = desk.facts()
    wanted = build_desired(desk.engagement, desk.process, desk.now, TEMPLATES, desk.world)
    applying = build_plan(desk.engagement, wanted, desk.world, desk.process)
    advancing = advance(facts, TEMPLATES) if desk.world.epic else Plan(desk.engagement.key)
    while True:
        told = explain_item(Subject(key, facts, applying, advancing, desk.world.by_key().get(key)))
        asked = told.needs - facts.histories.by_item.keys()
        if not asked:
            return told
        items = {**facts.histories.by_item, **{each: desk._history(each) for each in asked}}
        facts = replace(facts, histories=Histories(items, facts.histories.notices))


def said(told: Explanation, about: str) -> list[tuple[str, str]]:
    """Answers and words of the points on one matter, with what they are made of."""
    points = [each for each in (*told.what, *told.why) if each.about == about]
    return [(each.truth.value, each.text) for point in points for each in (point, *point.parts)]


def points(told: Explanation) -> list[Statement]:
    return [each for point in (*told.what, *told.why) for each in (point, *point.parts)]


def ops(told: Explanation) -> dict[str, list[str]]:
    return {"apply": [each.op for each in told.apply], "advance": [each.op for each in told.advance]}


# The epic


def test_epic_tells_its_phase_since_when_and_every_way_out_with_each_guard(desk: Desk) -> None:
    told = of(desk, "epic")
    assert said(told, "phase") == [("told", "setup since 2026-11-23, which psbot has accepted")]
    assert said(told, "moves") == [
        ("no", "setup → kick-off"),
        ("no", "welcome-email is todo"),
        ("yes", "paul is the lead engineer"),
        ("told", "setup → on-hold: the manager may do it by hand"),
        ("told", "setup → cancelled: the manager may do it by hand"),
    ]
    assert ops(told) == {"apply": [], "advance": []}


def test_epic_tells_that_people_may_go_before_the_guards_hold() -> None:
    told = of(delivering(), "epic")
    assert said(told, "moves")[:3] == [
        ("no", "delivery → wrap-up"),
        ("no", "the engagement ends on 2027-02-26, which is still to come"),
        ("told", "one of people: may do it by hand"),
    ]
    assert "after intake" in said(told, "phase")[0][1]


def test_epic_tells_who_has_moved_its_label_and_what_counts(desk: Desk) -> None:
    desk.label("paul", "epic", "phase", "intake")
    told = of(desk, "epic")
    assert said(told, "phase")[0][1].startswith("setup since")
    assert said(told, "label") == [("told", "it shows intake, set by paul, one of people:, on 2026-11-23")]
    assert [each.code for each in told.findings] == ["transition-refused"]


def test_epic_that_moves_in_the_next_run_says_so_with_the_facts(desk: Desk) -> None:
    desk.close("maria", "welcome-email")
    told = of(desk, "epic")
    assert said(told, "moves")[0] == ("yes", "setup → kick-off")
    assert ops(told)["advance"] == ["relabel", "redescribe"]


def test_epic_says_could_not_check_where_a_history_cannot_be_read(desk: Desk) -> None:
    desk.label("maria", "welcome-email", "state", "done")
    desk.unreadable = frozenset({"welcome-email"})
    told = of(desk, "epic")
    assert said(told, "moves")[:2] == [
        ("could not check", "setup → kick-off"),
        ("could not check", "welcome-email is done, but psbot could not check who did that"),
    ]


def test_guard_that_is_not_decisive_is_checked_all_the_same() -> None:
    """Without an engineer no history would make a difference, and the explanation reads it anyway."""
    desk = Desk(example(engineers=()))
    desk.apply()
    desk.label("maria", "welcome-email", "state", "done")
    desk.advance()
    assert ("yes", "welcome-email is done, by maria") in said(of(desk, "epic"), "moves")


def test_engagement_on_hold_says_which_phase_it_goes_back_to() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "on-hold")
    desk.advance()
    assert ("told", "on-hold → back to delivery: the manager may do it by hand") in said(
        of(desk, "epic"), "moves"
    )


def test_end_leads_nowhere_and_its_items_are_left_as_they_are() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "cancelled")
    desk.advance()
    assert said(of(desk, "epic"), "moves") == [("no", "cancelled is an end; nothing leads on from it")]
    assert said(of(desk, "kick-off"), "over") == [
        ("no", "the engagement is cancelled; psbot no longer changes it")
    ]


def test_alarm_is_told_once_and_not_at_all_where_it_is_excused() -> None:
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


def test_item_tells_its_state_and_who_set_it(desk: Desk) -> None:
    assert said(of(desk, "kick-off"), "state") == [
        ("told", "todo, set by psbot-bot, a machine, on 2026-11-23")
    ]
    for who, stands in [
        ("maria", "the manager"),
        ("petra", "one of people:"),
        (CUSTOMER, "who is not in people:"),
    ]:
        desk.label(who, "kick-off", "state", "doing")
        assert said(of(desk, "kick-off"), "state") == [
            ("told", f"doing, set by {who}, {stands}, on 2026-11-23")
        ]
        desk.label("paul", "kick-off", "state", "todo")


def test_item_whose_history_cannot_be_read_says_could_not_check(desk: Desk) -> None:
    desk.unreadable = frozenset({"kick-off"})
    assert said(of(desk, "kick-off"), "state") == [("told", "todo, set; psbot could not check by whom")]


def test_item_that_a_customer_closed_says_that_it_does_not_count(desk: Desk) -> None:
    desk.close(CUSTOMER, "kick-off")
    told = of(desk, "kick-off")
    assert said(told, "closed") == [
        ("told", f"it was closed by {CUSTOMER}, who is not in people:, on 2026-11-23")
    ]
    assert said(told, "awaited") == [("no", "kick-off → intake waits for it: kick-off is todo")]
    assert [each.code for each in told.findings] == ["unauthorized-change"]


def test_item_tells_what_waits_for_it(desk: Desk) -> None:
    waiting = {key: [text.partition(" waits")[0] for _, text in said(of(desk, key), "awaited")] for key in (
        "welcome-email", "project-summary", "sign-off", "post-mortem", "log"
    )}  # fmt: skip
    assert waiting == {
        "welcome-email": ["setup → kick-off"],
        "project-summary": ["wrap-up → post-mortem", "the gate of post-mortem"],
        "sign-off": [
            "wrap-up → post-mortem",
            "the gate of financial-wrap-up",
            "the end of quote-to-sign-off",
        ],
        "post-mortem": ["post-mortem → completed"],
        "log": [],
    }


def test_phase_of_the_name_of_a_kind_waits_for_no_item(desk: Desk) -> None:
    table = desk.process.workflow.rules
    gates = {**table.gates, "post-mortem": (Condition("phase", "kick-off"),)}
    workflow = replace(desk.process.workflow, rules=replace(table, gates=gates))
    desk.process = replace(desk.process, workflow=workflow)
    assert said(of(desk, "kick-off"), "awaited") == [
        ("no", "kick-off → intake waits for it: kick-off is todo")
    ]


def test_gate_answers_with_its_guards(desk: Desk) -> None:
    assert said(of(desk, "sign-off"), "gate") == [
        ("no", "it is blocked, and todo once this holds"),
        ("no", "the phase is setup and it is not for a milestone"),
    ]
    assert said(of(wrapping_up(), "sign-off"), "gate")[0] == ("yes", "it is not blocked any more")


def test_sign_off_tells_how_its_clock_runs() -> None:
    desk = wrapping_up()
    assert said(of(desk, "sign-off"), "clock") == [("told", "it starts when it becomes sent")]
    desk.label("maria", "sign-off", "signoff", "sent")
    assert said(of(desk, "sign-off"), "clock") == [
        ("told", "sent on 2027-02-26; passive after 2027-03-04, business day 5, unless somebody objects")
    ]
    desk.on("2027-03-04", "23:59")
    assert said(of(desk, "sign-off"), "clock")[0][0] == "told", "the day is not over"
    desk.on("2027-03-05")
    told = of(desk, "sign-off")
    assert said(told, "clock")[0][0] == "yes"
    assert ops(told)["advance"] == ["relabel", "redescribe"], "which records the days"
    desk.advance()
    assert said(of(desk, "sign-off"), "clock") == [("told", "it is passive")]


def test_clock_that_a_customer_started_does_not_run() -> None:
    desk = wrapping_up()
    desk.label(CUSTOMER, "sign-off", "signoff", "sent")
    ((says, text),) = said(of(desk, "sign-off"), "clock")
    assert (says, "does not count" in text) == ("no", True)


def test_item_says_what_people_keep(desk: Desk) -> None:
    item = desk.item("kick-off")
    desk.world = desk.world.with_item(replace(item, due_on=date(2026, 12, 3)))
    (kept,) = of(desk, "kick-off").kept
    assert (kept.field, kept.file, kept.gitlab) == ("due_on", "2026-12-01", "2026-12-03")


# Wanted or not


@pytest.mark.parametrize(
    ("changes", "key", "says", "words"),
    [
        ({}, "kick-off", "yes", "the engagement file has it, due 2026-12-01"),
        ({}, "call/2026-12-08", "no", "its day, 2026-12-08, is further off than 14 days, the horizon"),
        ({}, "call/2026-12-09", "no", "the file's calls do not fall on that day"),
        ({"calls": None}, "call/2026-12-08", "no", "the file's calls do not fall on that day"),
        ({}, "standup/2026-W40", "no", "the file's standups have no such week"),
        ({}, "standup/2026-W49", "yes", "it is due on 2026-12-04, within 14 days"),
        ({}, "intake-on-prem", "no", "the process has it only where hosting is on-prem"),
        ({}, "sign-off/gone", "no", "the file has no such milestone"),
        ({}, "change-request/1", "yes", "people open it when they need it"),
        ({}, "kick-off/2", "no", "the process has no such item"),
        ({"skip": {"kick-off": "not sold"}}, "kick-off", "no", "the engagement file leaves it out: not sold"),
        ({"closed_won_on": None}, "kick-off", "no", "the deal is not Closed Won, and it comes with that"),
        ({"closed_won_on": None}, "standup/2026-W49", "no", "the deal is not Closed Won"),
    ],
)
def test_item_that_is_not_there_says_whether_it_is_wanted(
    changes: dict[str, Any], key: str, says: str, words: str
) -> None:
    told = of(Desk(example(**changes)), key)
    assert said(told, "item") == [("no", f"{key} of acme-sow-142 is not in GitLab")]
    ((found, text),) = said(told, "wanted")
    assert found == says
    assert text.startswith(words)
    made = {each.item.key for each in told.apply}
    assert made == ({key} if says == "yes" and key != "change-request/1" else set()), "apply agrees"


def test_day_that_is_past_is_not_made_afterwards() -> None:
    desk = Desk()
    desk.on("2026-12-10")
    ((says, text),) = said(of(desk, "call/2026-12-08"), "wanted")
    assert (says, text) == ("no", "its day, 2026-12-08, is past, and psbot makes nothing afterwards")


def test_call_is_not_made_while_the_engagement_rests() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "on-hold")
    desk.advance()
    desk.on("2027-01-11")
    assert said(of(desk, "call/2027-01-19"), "wanted") == [
        ("no", "while the engagement is on-hold, no calls and standups are made")
    ]


def test_every_item_of_the_process_is_explained_without_a_word_missing(desk: Desk) -> None:
    for kind in desk.process.kinds.values():
        told = of(desk, kind.item)
        assert told.what
        assert all(each.text and each.truth in Truth for each in points(told)), kind.name


def test_item_that_does_not_count_gets_the_findings_that_name_it_and_no_others(desk: Desk) -> None:
    made = WorkItem("gid://gitlab/WorkItem/9", 1, "acme/project", "Mine", "Words", Author("ada"))
    messages = ("acme/project#1 has no marker", "acme/project#12 has none", "big/acme/project#1 has none")
    found = tuple(Finding("marker-missing", Severity.WARNING, each) for each in messages)
    nothing = Plan(desk.engagement.key)
    told = explain_item(Subject("", desk.facts(), nothing, replace(nothing, findings=found), None, made))
    assert [each.message for each in told.findings] == [messages[0]]
    assert (told.key, said(told, "item")[0][0]) == (None, "no")

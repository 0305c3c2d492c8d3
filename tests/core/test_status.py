"""Where an engagement stands, and which of many needs attention first."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest

from psbot.core.model.facts import Facts
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Item, Snapshot
from psbot.core.status import (
    URGENCY,
    EngagementStatus,
    ItemStatus,
    NextActor,
    WaitingFor,
    build_status,
    by_urgency,
    from_file_only,
)
from psbot.core.workflow.advance import advance
from psbot.report.status import render_status
from psbot.runs.plans import NO_TEXT
from tests.core.workflow.engagements import delivering, wrapping_up
from tests.support.board import CUSTOMER, MONDAY, PROCESS, TEMPLATES, Desk, example
from tests.support.builders import engagement


def of(desk: Desk) -> EngagementStatus:
    facts = desk.facts()
    return build_status(facts, advance(facts, TEMPLATES).findings)


@pytest.fixture
def desk() -> Desk:
    """The AWS example in setup, one week before its kick-off."""
    desk = Desk()
    desk.apply()
    return desk


def item(desk: Desk, key: str) -> ItemStatus:
    return next(each for each in of(desk).items if each.key == key)


# One engagement


def test_phase_is_the_accepted_one_since_its_first_day() -> None:
    desk = delivering()
    desk.on("2027-01-11")
    stands = of(desk)
    assert (stands.phase, stands.phase_since, stands.phase_label) == (
        "delivery",
        date(2026, 12, 10),
        "delivery",
    )


def test_phase_that_is_not_accepted_is_only_the_label(desk: Desk) -> None:
    desk.label("paul", "epic", "phase", "intake")
    stands = of(desk)
    assert (stands.phase, stands.phase_since, stands.phase_label) == ("setup", date(2026, 11, 23), "intake")
    assert [each.code for each in stands.findings_of(Severity.WARNING)] == ["transition-refused"]


def test_phase_without_a_memory_is_the_label_and_nobody_knows_since_when(desk: Desk) -> None:
    desk.edit("epic", lambda text: text.replace(" since=2026-11-23", ""))
    stands = of(desk)
    assert (stands.phase, stands.phase_since) == ("setup", None)


def test_item_at_the_customer_waits_for_the_customer_whoever_is_assigned(desk: Desk) -> None:
    desk.label("paul", "intake-aws", "state", "waiting-customer")
    assert item(desk, "intake-aws").waiting == WaitingFor(NextActor.CUSTOMER, "Acme Corp")
    assert [each.key for each in of(desk).waiting_for_customer] == ["intake-aws"]


def test_blocked_item_waits_for_what_its_gate_waits_for(desk: Desk) -> None:
    assert item(desk, "post-mortem").waiting == WaitingFor(NextActor.GATE, "project-summary is todo")
    assert item(desk, "sign-off").waiting.name == "the phase is setup and it does not belong to a milestone"


def test_item_whose_gate_is_open_waits_for_its_assignee() -> None:
    desk = wrapping_up()
    desk.label("paul", "sign-off", "state", "blocked")
    assert item(desk, "sign-off").waiting == WaitingFor(NextActor.PERSON, "maria"), (
        "advance opens it in its next run"
    )


def test_item_that_people_have_blocked_waits_for_its_assignee_or_nobody(desk: Desk) -> None:
    desk.label("paul", "kick-off", "state", "blocked")
    assert item(desk, "kick-off").waiting == WaitingFor(NextActor.PERSON, "paul")
    desk.world = desk.world.with_item(replace(desk.item("kick-off"), assignees=()))
    assert item(desk, "kick-off").waiting.actor is NextActor.NOBODY


@pytest.mark.parametrize(
    ("day", "late"),
    [("2026-12-01", 0), ("2026-12-02", 1), ("2026-12-04", 3), ("2026-12-05", 3), ("2026-12-07", 4)],
)
def test_late_is_counted_in_business_days_from_the_day_after(desk: Desk, day: str, late: int) -> None:
    desk.on(day)
    assert item(desk, "kick-off").overdue_days == late


def test_item_due_on_a_friday_is_late_on_saturday_by_the_one_day_that_counts_at_least(desk: Desk) -> None:
    desk.on("2026-12-05")
    assert item(desk, "standup/2026-W49").overdue_days == 1


def test_finding_that_cannot_be_checked_is_kept(desk: Desk) -> None:
    desk.close(CUSTOMER, "kick-off")
    stands = of(desk)
    assert [(each.code, each.item) for each in stands.findings_of(Severity.WARNING)] == [
        ("unauthorized-change", "kick-off")
    ]
    assert stands.needs_attention
    desk.unreadable = frozenset({"kick-off"})
    assert [each.code for each in of(desk).findings] == ["unchecked"]


def test_engagement_on_schedule_wants_no_attention(desk: Desk) -> None:
    desk.finish("maria", "welcome-email")
    assert not of(desk).needs_attention
    desk.on("2026-12-02")
    assert of(desk).needs_attention, "the kick-off is late"


def test_engagement_that_is_not_in_gitlab_wants_attention() -> None:
    stands = of(Desk(example()))
    assert (stands.is_in_gitlab, stands.phase, stands.needs_attention) == (False, None, True)


def damaged(desk: Desk) -> None:
    desk.edit("epic", lambda text: text.replace("<!-- psbot end: overview -->", ""))


def clicked(desk: Desk) -> None:
    desk.close(CUSTOMER, "kick-off")


def without_engineer(desk: Desk) -> None:
    desk.engagement = replace(desk.engagement, engineers=())


@pytest.mark.parametrize("happens", [damaged, clicked, without_engineer])
def test_findings_hang_on_no_text(desk: Desk, happens: Callable[[Desk], None]) -> None:
    happens(desk)
    facts = desk.facts()
    found = advance(facts, TEMPLATES).findings
    assert found
    assert advance(facts, NO_TEXT).findings == found


# Many


TODAY = date(2026, 12, 1)


def entry(late: int = 0, due: str = "2027-01-04", mover: NextActor = NextActor.PERSON) -> ItemStatus:
    day = TODAY if late else date.fromisoformat(due)
    return ItemStatus("kick-off", "", day, "paul", "todo", "acme", 1, None, late, WaitingFor(mover, "paul"))


def finding(severity: Severity) -> Finding:
    return Finding("code", severity, "words")


def one(key: str, *items: ItemStatus, **fields: Any) -> EngagementStatus:
    base = from_file_only(engagement(key), TODAY)
    return replace(base, is_in_gitlab=True, items=items, **fields)


# From what needs attention most to what needs it least; keys say nothing about the order.
ORDERED = [
    one("m", failure="GitLab shows no group"),
    one("c", entry(), findings=(finding(Severity.ERROR),) * 2),
    one("z", entry(9), findings=(finding(Severity.ERROR),)),
    one("a", entry(), findings=(finding(Severity.WARNING),) * 2),
    one("q", entry(9), findings=(finding(Severity.WARNING),)),
    one("b", entry(5), findings=(finding(Severity.INFO),)),
    one("p", entry(1), entry(1), entry(mover=NextActor.CUSTOMER)),
    one("d", entry(mover=NextActor.CUSTOMER), entry(mover=NextActor.CUSTOMER)),
    one("y", entry(mover=NextActor.CUSTOMER)),
    one("w", entry(due="2026-12-02")),
    one("g", entry(due="2026-12-03")),
    one("h", entry(due="2026-12-03")),
    one("e"),
]


def test_what_needs_attention_comes_first_whatever_the_order_of_the_files() -> None:
    keys = [each.engagement for each in ORDERED]
    for seed in range(20):
        shuffled = Random(seed).sample(ORDERED, len(ORDERED))
        assert [each.engagement for each in by_urgency(shuffled)] == keys


def test_order_is_the_one_that_the_command_documents() -> None:
    from psbot.cli.commands.status import status

    told = " ".join((status.help or "").split())
    words = {
        "could not be read": "could not be read",
        "errors": "errors",
        "warnings": "warnings",
        "days overdue": "days overdue",
        "items at the customer": "items that wait for the customer",
        "next due": "next due date",
    }
    assert list(words) == list(URGENCY)
    places = [told.index(each) for each in words.values()]
    assert places == sorted(places)


def test_open_risks_are_shown_with_how_grave_they_are_and_who_owns_them() -> None:
    item = Item(
        "risk/1",
        "risk",
        "acme/delivery/internal",
        "The disks are late",
        "",
        frozenset({"ps-severity::high", "ps-state::todo"}),
    )
    closed = replace(item, key="risk/2", iid=2, is_open=False)
    facts = Facts(example(), PROCESS, Snapshot(children=(replace(item, iid=1), closed)), MONDAY)
    shown = build_status(facts)
    ((heading, (risk,)),) = shown.raid_items.items()
    assert (heading, risk.key, risk.severity, risk.assignee) == ("Risks", "risk/1", "high", None)
    text = render_status("text", [replace(shown, is_in_gitlab=True)], MONDAY)
    assert "  risks\n    risk/1 The disks are late: high, todo, no owner\n" in text

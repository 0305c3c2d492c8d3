"""What templates can use: phase, health, the shared items and the timeline."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from psbot.core.desired.intake import build_intake
from psbot.core.desired.schedule import Context
from psbot.core.desired.template_facts import MAX_CHART_ROWS, ChartRow, build_template_facts
from psbot.core.model.engagement import Milestone
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.labels import LabelScope, LabelSpec
from psbot.core.model.process import Process, Question, QuestionGroup, Repeat
from psbot.core.text.marker import Marker
from tests.support.builders import GROUP, INTERNAL, PROCESS, SHARED, engagement, process

TODAY = date(2026, 11, 23)
EPIC = Item("epic", "engagement", GROUP, "Acme", "", frozenset({"ps-phase::delivery"}), iid=1)


def facts(
    observed: Snapshot | None = None, process: Process = PROCESS, **changes: object
) -> dict[str, object]:
    return build_template_facts(Context(engagement(**changes), process, TODAY), observed)  # type: ignore[arg-type]


def charted(name: str, pattern: str, **changes: object) -> Process:
    """Return the process in which items of one kind are in the timeline."""
    kind = replace(PROCESS.kinds[name], chart=pattern, **changes)  # type: ignore[arg-type]
    return process(kinds={**PROCESS.kinds, name: kind})


@pytest.mark.parametrize(
    ("epic", "phase", "since"),
    [
        (None, "setup", TODAY),
        (EPIC, "delivery", TODAY),
        (
            replace(
                EPIC, description=f"{Marker('acme', 'epic', {'phase': 'setup', 'since': '2026-11-20'})}\n"
            ),
            "setup",
            date(2026, 11, 20),
        ),
    ],
)
def test_phase_is_the_accepted_one_or_the_one_of_the_label(
    epic: Item | None, phase: str, since: date
) -> None:
    found = facts(Snapshot(epic))
    assert (found["phase"], found["phase_since_on"]) == (phase, since)


def test_phase_is_the_quote_before_the_deal_is_won() -> None:
    assert facts(closed_won_on=None)["phase"] == "quote"


@pytest.mark.parametrize(("hours", "shown"), [(160, "160"), (160.0, "160"), (7.5, "7.5")])
def test_hours_have_no_needless_decimals(hours: float, shown: str) -> None:
    assert str(facts(budget_hours=hours)["hours"]) == shown


def test_shared_items_are_those_of_the_customer_by_due_date() -> None:
    shared = facts()["shared_items"]
    assert isinstance(shared, tuple)
    assert [item.key for item in shared] == ["kick-off", "intake-aws"]


def test_shared_items_show_the_dates_that_people_have_set() -> None:
    kick_off = Item("kick-off", "kick-off", SHARED, "Kick-off", "", iid=2, due_on=date(2026, 12, 24))
    shared = facts(Snapshot(EPIC, (kick_off,)))["shared_items"]
    assert isinstance(shared, tuple)
    assert [(item.key, item.due_on) for item in shared] == [
        ("intake-aws", date(2026, 12, 8)),
        ("kick-off", date(2026, 12, 24)),
    ]


def test_timeline_has_spans_and_milestones_by_date() -> None:
    both = charted("engagement", "Whole")
    both = replace(
        both, kinds={**both.kinds, "kick-off": replace(PROCESS.kinds["kick-off"], chart="Kick-off")}
    )
    assert facts(process=both)["timeline"] == (
        ChartRow("Whole", date(2026, 12, 1), date(2027, 2, 26)),
        ChartRow("Kick-off", date(2026, 12, 1)),
    )


def test_timeline_is_cut_off() -> None:
    milestones = tuple(
        Milestone(f"Part {number}", TODAY + timedelta(days=number), f"part-{number}") for number in range(30)
    )
    per_milestone = charted("kick-off", "{milestone}", repeat=Repeat.MILESTONE)
    timeline = facts(process=per_milestone, milestones=milestones)["timeline"]
    assert isinstance(timeline, tuple)
    assert len(timeline) == MAX_CHART_ROWS


def test_health_is_the_label_of_the_log_or_the_initial_one() -> None:
    log = replace(PROCESS.kinds["engagement-log"], seeds={"state": "todo", "health": "on-track"})
    catalogue = PROCESS.catalogue
    scope = LabelScope(
        "ps-health",
        {name: LabelSpec(f"ps-health::{name}", "#1f75cb", "") for name in ("on-track", "at-risk")},
    )
    with_health = process(
        kinds={**PROCESS.kinds, "engagement-log": log},
        catalogue=replace(catalogue, scopes={**catalogue.scopes, "health": scope}),
    )
    assert facts(process=PROCESS)["health"] is None
    assert facts(process=with_health)["health"] == "on-track"
    item = Item("log", "engagement-log", INTERNAL, "Log", "", frozenset({"ps-health::at-risk"}), iid=2)
    assert facts(Snapshot(EPIC, (item,)), with_health)["health"] == "at-risk"


def test_intake_asks_what_concerns_the_hosting_and_is_not_answered() -> None:
    questions = (
        QuestionGroup(
            "Access",
            (
                Question("region", "aws", "Which region?", "latency", before_call=True),
                Question("rack", "on-prem", "Which rack?", "power"),
                Question("owner", "both", "Who owns it?", "contact"),
            ),
        ),
    )
    intake = build_intake(Context(engagement(intake={"owner": "ops"}), process(questions=questions), TODAY))
    assert [(each.ask, each.answer) for each in intake.answered] == [("Who owns it?", "ops")]
    assert [each.id for group in intake.open for each in group.questions] == ["region"]
    assert [group.title for group in intake.before_call] == ["Access"]
    assert intake.in_call == ()

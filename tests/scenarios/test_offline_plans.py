"""The four examples, planned as if GitLab were empty: which items, when, for whom, where, in which first state."""

from collections.abc import Callable
from datetime import datetime

import pytest

from psbot.core.desired.build import build_desired
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.operations import CreateChild, CreateEpic
from psbot.core.model.process import Process
from psbot.core.plan.plan import Plan, build_plan
from psbot.engagements.loader import parse_engagement
from psbot.templates.library import TemplateLibrary
from tests.support.paths import ROOT

PlanOf = Callable[..., Plan]


@pytest.fixture
def plan_of(process: Process) -> PlanOf:
    """Plan an example at an instant, with parts of its text replaced."""
    templates = TemplateLibrary(ROOT / "issue_templates")

    def make(name: str, now: str = "2026-11-23T09:00+01:00", **replaced: str) -> Plan:
        text = (ROOT / "examples" / f"{name}.yml").read_text()
        for old, new in replaced.items():
            lines = [new if line.startswith(f"{old}:") else line for line in text.splitlines()]
            text = "\n".join(lines) + "\n"
        engagement = parse_engagement(name, text, process).engagement
        assert engagement is not None
        wanted = build_desired(engagement, process, datetime.fromisoformat(now), templates)
        return build_plan(engagement, wanted, Snapshot(), process)

    return make


def items(plan: Plan) -> dict[str, Item]:
    return {op.item.key: op.item for op in plan.operations if isinstance(op, CreateEpic | CreateChild)}


def dues(plan: Plan) -> dict[str, str]:
    return {key: str(item.due_on) for key, item in items(plan).items()}


def test_aws_engagement_before_its_kick_off_has_its_single_items_and_two_weeks_of_standups(
    plan_of: PlanOf,
) -> None:
    assert dues(plan_of("acme-aws")) == {
        "epic": "2027-02-26",
        "log": "None",
        "quote-to-sign-off": "2027-02-26",
        "welcome-email": "2026-11-19",
        "kick-off": "2026-12-01",
        "standup/2026-W49": "2026-12-04",
        "standup/2026-W50": "2026-12-11",
        "intake-aws": "2026-12-08",
        "project-summary": "2027-02-26",
        "sign-off": "2027-02-26",
        "financial-wrap-up": "2027-03-05",
        "post-mortem": "2027-03-12",
    }


@pytest.mark.parametrize(
    ("key", "assignee", "namespace", "title", "labels"),
    [
        ("epic", None, "acme/delivery", "Acme Corp: SOW-2026-142", {"ps-kind::engagement", "ps-phase::setup"}),
        ("log", "maria", "acme/delivery/internal", "Engagement log: Acme Corp", {"ps-kind::engagement-log", "ps-state::todo", "ps-health::green"}),
        ("quote-to-sign-off", "maria", "acme/delivery/internal", "Quote to sign-off: Acme Corp", {"ps-kind::quote-to-sign-off", "ps-state::todo"}),
        ("welcome-email", "maria", "acme/delivery/internal", "Welcome e-mail: Acme Corp", {"ps-kind::welcome-email", "ps-state::todo"}),
        ("kick-off", "paul", "acme/delivery/project", "Kick-off: Acme Corp", {"ps-kind::kick-off", "ps-state::todo"}),
        ("intake-aws", "paul", "acme/delivery/project", "Intake (AWS): Acme Corp", {"ps-kind::intake-aws", "ps-state::todo"}),
        ("standup/2026-W50", "paul", "acme/delivery/internal", "Standup 2026-W50: Acme Corp", {"ps-kind::standup", "ps-state::todo"}),
        ("project-summary", "paul", "acme/delivery/project", "Project summary: Acme Corp", {"ps-kind::project-summary", "ps-state::todo"}),
        ("sign-off", "maria", "acme/delivery/internal", "Sign-off: Acme Corp", {"ps-kind::sign-off", "ps-state::blocked"}),
        ("financial-wrap-up", "paul", "acme/delivery/internal", "Financial wrap-up: Acme Corp", {"ps-kind::financial-wrap-up", "ps-state::blocked"}),
        ("post-mortem", "maria", "acme/delivery/internal", "Post-mortem: Acme Corp", {"ps-kind::post-mortem", "ps-state::blocked"}),
    ],
)  # fmt: skip
def test_aws_engagement_item_has_its_people_place_title_and_first_labels(
    key: str, assignee: str | None, namespace: str, title: str, labels: set[str], plan_of: PlanOf
) -> None:
    item = items(plan_of("acme-aws"))[key]
    assert (item.assignee, item.namespace, item.title, item.labels) == (
        assignee,
        namespace,
        title,
        frozenset(labels),
    )
    assert not item.confidential


def test_epic_runs_from_kick_off_to_end(plan_of: PlanOf) -> None:
    epic = items(plan_of("acme-aws"))["epic"]
    assert (str(epic.start_on), str(epic.due_on)) == ("2026-12-01", "2027-02-26")


def test_every_description_begins_with_its_marker(plan_of: PlanOf) -> None:
    for key, item in items(plan_of("acme-aws")).items():
        assert item.description.startswith(f"<!-- psbot: engagement=acme-sow-142 item={key} ")


def test_standups_of_the_year_end_are_due_before_the_holidays(plan_of: PlanOf) -> None:
    found = dues(plan_of("acme-aws", "2026-12-18T09:00+01:00"))
    assert found["standup/2026-W52"] == "2026-12-24"
    assert found["standup/2026-W53"] == "2026-12-31"
    assert found["call/2026-12-22"] == "2026-12-22"
    assert "call/2026-12-08" not in found


def test_friday_call_on_a_holiday_is_left_out_and_not_shifted(plan_of: PlanOf) -> None:
    friday = 'calls: {every: week, on: friday, at: "10:00", minutes: 45}'
    found = dues(plan_of("acme-aws", "2026-12-20T09:00+01:00", calls=friday))
    assert [key for key in found if key.startswith("call/")] == []
    found = dues(plan_of("acme-aws", "2026-12-28T09:00+01:00", calls=friday))
    assert [key for key in found if key.startswith("call/")] == ["call/2027-01-08"]


def test_two_weeks_count_from_the_first_day_even_when_it_is_left_out(plan_of: PlanOf) -> None:
    # The first Friday after the kick-off is a holiday in Bavaria; the calls are two and four weeks later.
    cadence = {
        "calls": 'calls: {every: two-weeks, on: friday, at: "10:00", minutes: 45}',
        "kick_off_on": "kick_off_on: 2026-12-21",
    }
    found = dues(plan_of("acme-aws", "2026-12-28T09:00+01:00", **cadence))
    assert [key for key in found if key.startswith("call/")] == ["call/2027-01-08"]


def test_today_is_today_where_the_engagement_is(plan_of: PlanOf) -> None:
    # 23:30 UTC on the 8th is the 9th in Berlin, so the call of the 8th is past there.
    berlin = dues(plan_of("acme-aws", "2026-12-08T23:30+00:00"))
    assert "call/2026-12-08" not in berlin
    zone = "time_zone: America/New_York"
    assert "call/2026-12-08" in dues(plan_of("acme-aws", "2026-12-08T23:30+00:00", time_zone=zone))


@pytest.mark.parametrize("hour", ["00:30", "01:30", "02:30", "23:30"])
def test_days_stay_whole_when_the_clocks_change(plan_of: PlanOf, hour: str) -> None:
    # Europe's clocks go back in the night to 2026-10-25; the hours named exist on both sides of that.
    dates = {
        "kick_off_on": "kick_off_on: 2026-10-20",
        "ends_on": "ends_on: 2026-11-20",
        "closed_won_on": "closed_won_on: 2026-10-12",
    }
    for offset in ("+02:00", "+01:00"):
        found = dues(plan_of("acme-aws", f"2026-10-25T{hour}{offset}", **dates))
        today = datetime.fromisoformat(f"2026-10-25T{hour}{offset}")
        days = [key.removeprefix("call/") for key in found if key.startswith("call/")]
        assert days == ["2026-10-27", "2026-11-03"], today


def test_on_prem_engagement_accepts_milestone_by_milestone_and_runs_to_its_amended_end(
    plan_of: PlanOf,
) -> None:
    found = dues(plan_of("globex-on-prem"))
    assert {key: due for key, due in found.items() if "sign-off/" in key} == {
        "sign-off/installed": "2026-12-18",
        "sign-off/production-ready": "2027-01-29",
        "sign-off/handed-over": "2027-03-31",
    }
    assert found["epic"] == found["project-summary"] == "2027-04-15"
    assert found["intake-on-prem"] == "2026-11-24"
    assert found["standup/2026-W48"] == "2026-11-27"  # Thanksgiving is the Thursday
    assert found["financial-wrap-up"] == "2027-04-22"
    assert "welcome-email" not in found
    assert "intake-aws" not in found
    assert (
        items(plan_of("globex-on-prem"))["sign-off/installed"].title
        == "Sign-off Installed: Globex Industries"
    )


def test_minimal_engagement_without_engineer_asks_for_one_and_leans_on_the_manager(plan_of: PlanOf) -> None:
    result = plan_of("initech-minimal")
    assert dues(result)["assign-engineer"] == "2026-11-23"
    assert dues(result)["post-mortem"] == "2027-01-06"  # Christmas, Boxing Day and New Year lie between
    assert items(result)["kick-off"].assignee == "maria"
    assert [finding.code for finding in result.findings] == ["no-engineer"]
    assert not any(key.startswith(("call/", "standup/")) for key in items(result))


def test_quote_has_its_epic_its_log_and_the_way_to_sign_off(plan_of: PlanOf) -> None:
    found = items(plan_of("umbrella-quote"))
    assert set(found) == {"epic", "log", "quote-to-sign-off"}
    assert "ps-phase::quote" in found["epic"].labels


def test_quote_whose_kick_off_day_comes_is_a_finding(plan_of: PlanOf) -> None:
    assert [each.code for each in plan_of("umbrella-quote", "2027-01-12T09:00+01:00").findings] == [
        "kick-off-without-deal"
    ]


def test_operations_come_labels_first_then_the_epic_then_children_by_due_date_and_key(
    plan_of: PlanOf,
) -> None:
    operations = plan_of("acme-aws").operations
    kinds = [type(op).__name__ for op in operations]
    assert kinds == sorted(kinds, key=["CreateLabel", "CreateEpic", "CreateChild"].index)
    children = [op.item for op in operations if isinstance(op, CreateChild)]
    assert children == sorted(children, key=lambda item: (str(item.due_on or "9"), item.key))


def test_checksum_stays_when_a_day_passes_and_moves_when_the_file_changes(plan_of: PlanOf) -> None:
    monday = plan_of("acme-aws").checksum()
    assert plan_of("acme-aws", "2026-11-27T09:00+01:00").checksum() == monday
    assert plan_of("acme-aws", ends_on="ends_on: 2027-02-25").checksum() != monday


def test_items_of_an_engagement_without_internal_project_are_confidential(
    plan_of: PlanOf, process: Process
) -> None:
    text = (ROOT / "examples" / "acme-aws.yml").read_text()
    text = text.replace(
        "  internal_project: acme/delivery/internal\n", "  internal: confidential-in-shared\n"
    )
    engagement = parse_engagement("acme.yml", text, process).engagement
    assert engagement is not None
    wanted = build_desired(
        engagement,
        process,
        datetime.fromisoformat("2026-11-23T09:00+01:00"),
        TemplateLibrary(ROOT / "issue_templates"),
    )
    secret = {item.key for item in wanted.snapshot.items if item.confidential}
    assert "log" in secret
    assert not secret & {"epic", "kick-off", "intake-aws", "project-summary", "call/2026-12-08"}

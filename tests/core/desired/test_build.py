"""The desired state: what is due, what is rendered, and what the markers remember."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from psbot.core.desired.build import build_desired
from psbot.core.model.item import Desired, Item, Snapshot
from psbot.core.model.process import Process
from psbot.core.text.marker import Marker, managed_sections
from tests.support.builders import CALLS, GROUP, NOW, PROCESS, SHARED, WORDS, engagement

DECEMBER = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
EPIC = Item("epic", "engagement", GROUP, "Acme Corp: SOW-2026-142", "", iid=1)


def desired(observed: Snapshot | None = None, process: Process = PROCESS, now: datetime = NOW) -> Desired:
    return build_desired(engagement(calls=CALLS), process, now, WORDS, observed)


def epic(phase: str, label: str | None = None) -> Item:
    """Return the epic with an accepted phase, or only with the label of one."""
    memory = {"phase": phase, "since": "2026-11-20"} if phase else {}
    labels = frozenset({f"ps-phase::{label or phase}"})
    return replace(EPIC, description=f"{Marker('acme-sow-142', 'epic', memory)}\n", labels=labels)


def in_phase(workflow_field: str, phase: str) -> Process:
    """Return the process with *phase* as a final or resting one."""
    workflow = PROCESS.workflow
    if workflow_field == "final_phases":
        return replace(PROCESS, workflow=replace(workflow, final_phases=frozenset({phase})))
    rules = replace(workflow.rules, resting_phases=frozenset({phase}))
    return replace(PROCESS, workflow=replace(workflow, rules=rules))


def test_everything_that_is_due_is_rendered_with_its_marker() -> None:
    built = desired(now=DECEMBER)
    assert built.due_now == {"epic", "log", "kick-off", "intake-aws", "call/2026-12-08", "call/2026-12-15"}
    items = built.snapshot.by_key()
    assert all(items[key].description for key in built.due_now)
    assert items["kick-off"].marker is not None
    assert items["kick-off"].marker.memory["due"] == "2026-12-01"
    assert items["call/2026-12-22"].description == "", "it is not due yet"


def test_marker_of_the_epic_remembers_the_phase() -> None:
    marker = desired().snapshot.by_key()["epic"].marker
    assert marker is not None
    assert (marker.memory["phase"], marker.memory["since"]) == ("setup", "2026-11-23")


def test_item_that_exists_is_rendered_only_for_its_managed_sections() -> None:
    kick_off = Item("kick-off", "kick-off", SHARED, "Kick-off", "", iid=2)
    items = desired(Snapshot(epic("setup"), (kick_off,))).snapshot.by_key()
    assert items["kick-off"].description == ""
    assert managed_sections(items["epic"].description) == {"overview": "phase setup, ends 2027-02-26\n"}


def test_managed_sections_stay_while_the_phase_is_unknown() -> None:
    items = desired(Snapshot(epic("", "gone"))).snapshot.by_key()
    assert items["epic"].description == ""


@pytest.mark.parametrize(
    ("field", "due_now"),
    [("final_phases", set()), ("resting_phases", {"epic", "log", "kick-off", "intake-aws"})],
)
def test_nothing_is_created_after_the_end_and_no_calls_on_hold(field: str, due_now: set[str]) -> None:
    built = desired(Snapshot(epic("delivery")), in_phase(field, "delivery"), DECEMBER)
    assert built.due_now == due_now


def test_labels_of_the_catalogue_and_findings_of_the_file_belong_to_it() -> None:
    built = build_desired(engagement(engineers=()), PROCESS, NOW, WORDS)
    assert "ps-kind::kick-off" in built.snapshot.labels
    assert [(each.code, each.message) for each in built.findings] == [
        (
            "no-engineer",
            "No engineer is named, although the deal is Closed Won since 2026-11-16. Items of the lead are assigned "
            "to maria until `people.engineers` names somebody.",
        )
    ]


def test_today_is_the_day_where_the_engagement_is() -> None:
    late = datetime(2026, 12, 8, 23, 30, tzinfo=UTC)  # 2026-12-09 in Berlin
    assert "call/2026-12-08" in desired(now=DECEMBER).due_now
    assert "call/2026-12-08" not in desired(now=late).due_now

"""Small engagements, processes and words, built by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from psbot.core.model.calendar import Workdays
from psbot.core.model.engagement import CallCadence, Engagement, GitLabPaths
from psbot.core.model.labels import LabelCatalogue, LabelScope, LabelSpec
from psbot.core.model.process import Kind, Limits, Offset, PlaceKind, Process, Repeat, Stage
from psbot.core.model.workflow import Workflow

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GROUP, SHARED, INTERNAL = "acme/delivery", "acme/delivery/project", "acme/delivery/internal"
LABEL_GROUP = "acme"

_VALUES = {
    "kind": ("ps-kind", ("engagement", "engagement-log", "kick-off", "intake-aws", "call", "change-request")),
    "phase": ("ps-phase", ("quote", "setup", "delivery")),
    "state": ("ps-state", ("todo", "doing", "done", "skipped")),
    "change": ("ps-change", ("draft",)),
}

CATALOGUE = LabelCatalogue(
    {
        purpose: LabelScope(
            name, {value: LabelSpec(f"{name}::{value}", "#1f75cb", f"means {value}") for value in values}
        )
        for purpose, (name, values) in _VALUES.items()
    }
)

_TODO = {"state": "todo"}
KINDS = (
    Kind(
        "engagement",
        "epic",
        "{customer}: {sow}",
        PlaceKind.GROUP,
        "engagement",
        start=Offset("kick_off_on"),
        due=Offset("ends_on"),
        wanted_from=Stage.QUOTE,
    ),
    Kind(
        "engagement-log",
        "log",
        "Engagement log: {customer}",
        PlaceKind.INTERNAL,
        "engagement-log",
        assignee="manager",
        wanted_from=Stage.QUOTE,
        seeds=_TODO,
    ),
    Kind(
        "kick-off",
        "kick-off",
        "Kick-off: {customer}",
        PlaceKind.SHARED,
        "kick-off",
        assignee="lead",
        due=Offset("kick_off_on"),
        seeds=_TODO,
    ),
    Kind(
        "intake-aws",
        "intake-aws",
        "Intake (AWS): {customer}",
        PlaceKind.SHARED,
        "intake-aws",
        assignee="lead",
        due=Offset("kick_off_on", 5),
        only={"hosting": "aws"},
        seeds=_TODO,
    ),
    Kind(
        "call",
        "call",
        "Call {day}: {customer}",
        PlaceKind.SHARED,
        "call",
        assignee="lead",
        repeat=Repeat.CALL,
        seeds=_TODO,
    ),
    Kind(
        "change-request",
        "change-request",
        "Change request {number}: {customer}",
        PlaceKind.INTERNAL,
        "change-request",
        assignee="lead",
        due=Offset("opened_on", 5),
        repeat=Repeat.ON_DEMAND,
        seeds=_TODO,
    ),
)

PROCESS = Process(
    kinds={kind.name: kind for kind in KINDS},
    catalogue=CATALOGUE,
    workflow=Workflow(
        phases=("quote", "setup", "delivery"),
        states=("todo", "doing", "done", "skipped"),
        quote_phase="quote",
        won_phase="setup",
        unwanted_state="skipped",
        done_states=frozenset({"done", "skipped"}),
        final_phases=frozenset(),
    ),
    questions=(),
    limits=Limits(),
    horizon_days=14,
)


def process(**changes: Any) -> Process:
    """Return the process with some of its fields changed."""
    return replace(PROCESS, **changes)


def engagement(key: str = "acme-sow-142", **changes: Any) -> Engagement:
    """Return a won engagement with some of its fields changed."""
    base = Engagement(
        key=key,
        customer="Acme Corp",
        sow="SOW-2026-142",
        hosting="aws",
        contract="fixed-fee",
        budget_hours=160,
        kick_off_on=date(2026, 12, 1),
        ends_on_in_file=date(2027, 2, 26),
        time_zone="Europe/Berlin",
        zone=ZoneInfo("Europe/Berlin"),
        workdays=Workdays(),
        gitlab=GitLabPaths(GROUP, SHARED, INTERNAL, LABEL_GROUP),
        manager="maria",
        engineers=("paul", "petra"),
        closed_won_on=date(2026, 11, 16),
        file=f"engagements/{key}.yml",
    )
    return replace(base, **changes)


CALLS = CallCadence(every_weeks=1, weekday=1, weekday_name="tuesday", at="10:00", minutes=45)


class PlainWords:
    """Templates of one line; the epic's has a managed section."""

    def render(self, name: str, facts: Mapping[str, object]) -> str:
        """Return the words of one template."""
        if name != "engagement":
            return f"What {name} is about.\n"
        section = f"phase {facts['phase']}, ends {facts['ends_on']}\n"
        return f"<!-- psbot begin: overview -->\n{section}<!-- psbot end: overview -->\n\nThe engagement.\n"

    def sections(self, name: str) -> frozenset[str]:
        """Return the managed sections of one template."""
        return frozenset({"overview"}) if name == "engagement" else frozenset()


WORDS = PlainWords()

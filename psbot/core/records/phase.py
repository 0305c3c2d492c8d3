"""The phase that psbot has accepted: the epic's marker remembers it, since when, and which one it replaced.

The epic's label is what people see and move. Where label and memory differ, somebody has moved the engagement, and
``psbot advance`` judges the move before it remembers it.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Item
from psbot.core.model.process import EPIC, Process
from psbot.core.model.workflow import Workflow
from psbot.core.text import marker

_MAX_EARLIER_PHASES = 30  # phases that the marker remembers


@dataclass(frozen=True, slots=True)
class AcceptedPhase:
    """A phase, the day it began, the phase before it, and the ``trail``: earlier phases and their days, in order."""

    phase: str
    since: date
    previous: str | None = None
    earlier: tuple[tuple[str, date], ...] = ()

    @property
    def memory(self) -> dict[str, str]:
        """Return what the epic's marker is to remember."""
        memory = {"phase": self.phase, "since": self.since.isoformat()}
        memory |= {"before": self.previous} if self.previous else {}
        trail = ",".join(f"{phase}:{day}" for phase, day in self.earlier)
        return memory | ({"trail": trail} if trail else {})

    def followed_by(self, phase: str, since: date) -> "AcceptedPhase":
        """Return what is accepted after a move to *phase*."""
        return AcceptedPhase(
            phase, since, self.phase, (*self.earlier, (self.phase, self.since))[-_MAX_EARLIER_PHASES:]
        )


def accepted_phase(epic: Item | None, workflow: Workflow) -> AcceptedPhase | None:
    """Return what the epic's marker remembers; None where that is nothing readable."""
    note = epic.marker if epic else None
    memory = note.memory if note else {}
    phase, before = memory.get("phase", ""), memory.get("before")
    if phase not in workflow.phases:
        return None
    try:
        since = date.fromisoformat(memory.get("since", ""))
    except ValueError:
        return None  # a person has edited the marker
    trail = tuple(_parse_earlier(memory.get("trail", ""), workflow))
    return AcceptedPhase(phase, since, before if before in workflow.phases else None, trail)


def _parse_earlier(text: str, workflow: Workflow) -> Iterator[tuple[str, date]]:
    for phase, _, day in (each.partition(":") for each in text.split(",")):
        with suppress(ValueError):  # a person has edited the marker
            if phase in workflow.phases:
                yield phase, date.fromisoformat(day)


def with_accepted_phase(epic: Item, accepted: AcceptedPhase, fallback: marker.Marker) -> Item:
    """Return *epic* with a marker that remembers *wanted*; *marker* stands in for one that was removed."""
    note = (epic.marker or fallback).with_memory(accepted.memory)
    return replace(epic, description=marker.with_marker(epic.description, note))


def accepted_final_phase_finding(epic: Item | None, process: Process) -> Finding | None:
    """Return the finding of :func:`over` as soon as psbot has accepted the end that the label shows."""
    known = accepted_phase(epic, process.workflow)
    return (
        final_phase_finding(epic, process) if known and known.phase in process.workflow.final_phases else None
    )


def final_phase_finding(epic: Item | None, process: Process) -> Finding | None:
    """Return the finding that an engagement has come to a final phase, so that its file changes nothing any more."""
    phase = process.catalogue.value("phase", epic.labels) if epic else None
    if phase not in process.workflow.final_phases:
        return None
    return Finding(
        "engagement-ended", Severity.INFO, f"the engagement is {phase}; psbot leaves it as it is", EPIC
    )

"""The phase that psbot has accepted, since when, and the phases before it, which the epic's marker remembers.

The epic's label is what people see and change. If label and marker differ, somebody has moved the engagement, and
``psbot advance`` decides on that move before the marker remembers it.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Item
from psbot.core.model.process import EPIC, Process
from psbot.core.model.workflow import Workflow

_MAX_EARLIER_PHASES = 30  # phases that the marker remembers


@dataclass(frozen=True, slots=True)
class AcceptedPhase:
    """A phase and the day it began, the ``previous`` phase, and all ``earlier`` phases with their days, in order."""

    phase: str
    since: date
    previous: str | None = None
    earlier: tuple[tuple[str, date], ...] = ()

    @property
    def memory(self) -> dict[str, str]:
        """Return the phase as the marker of the epic remembers it."""
        memory = {"phase": self.phase, "since": self.since.isoformat()}
        memory |= {"before": self.previous} if self.previous else {}
        earlier = ",".join(f"{phase}:{day}" for phase, day in self.earlier)
        return memory | ({"trail": earlier} if earlier else {})

    def followed_by(self, phase: str, since: date) -> "AcceptedPhase":
        """Return the accepted phase after a move to *phase*."""
        return AcceptedPhase(
            phase, since, self.phase, (*self.earlier, (self.phase, self.since))[-_MAX_EARLIER_PHASES:]
        )


def accepted_phase(epic: Item | None, workflow: Workflow) -> AcceptedPhase | None:
    """Return the accepted phase in the marker of *epic*; None if there is none that can be read."""
    note = epic.marker if epic else None
    memory = note.memory if note else {}
    phase, previous = memory.get("phase", ""), memory.get("before")
    if phase not in workflow.phases:
        return None
    try:
        since = date.fromisoformat(memory.get("since", ""))
    except ValueError:
        return None  # a person has edited the marker
    earlier = tuple(_parse_earlier(memory.get("trail", ""), workflow))
    return AcceptedPhase(phase, since, previous if previous in workflow.phases else None, earlier)


def _parse_earlier(text: str, workflow: Workflow) -> Iterator[tuple[str, date]]:
    for phase, _, day in (each.partition(":") for each in text.split(",")):
        with suppress(ValueError):  # a person has edited the marker
            if phase in workflow.phases:
                yield phase, date.fromisoformat(day)


def with_accepted_phase(epic: Item, accepted: AcceptedPhase, engagement: str) -> Item:
    """Return *epic* with a marker that remembers *accepted*."""
    return epic.with_memory(engagement, accepted.memory)


def accepted_final_phase_finding(epic: Item | None, process: Process) -> Finding | None:
    """Return :func:`final_phase_finding`, but only once psbot has accepted the final phase."""
    known = accepted_phase(epic, process.workflow)
    is_final = known is not None and known.phase in process.workflow.final_phases
    return final_phase_finding(epic, process) if is_final else None


def final_phase_finding(epic: Item | None, process: Process) -> Finding | None:
    """Return the finding that the engagement has ended, if the label of *epic* shows a final phase."""
    phase = process.catalogue.value("phase", epic.labels) if epic else None
    if phase not in process.workflow.final_phases:
        return None
    return Finding(
        "engagement-ended", Severity.INFO, f"the engagement is {phase}; psbot no longer changes it", EPIC
    )

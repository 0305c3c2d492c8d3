"""Whole lives for the scenarios: played day by day, written down every evening, and quiet when psbot runs once more."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from psbot.config.loader import load_process
from psbot.core.model.process import Process
from psbot.core.notices.notice import parse_identity
from psbot.errors import ExitCode
from psbot.parsing.yaml_document import parse_yaml
from psbot.report.timeline import EntryKind, TimelineEntry
from psbot.runs.work import Reconciled
from psbot.sandbox.state.model import WorkItem
from psbot.simulation.engagement_file import EngagementText, load_engagement_text
from psbot.simulation.psbot_runs import Command
from psbot.simulation.script import parse_script
from psbot.simulation.simulate import first_day, open_simulator
from psbot.simulation.simulator import Simulator
from psbot.templates.library import TemplateLibrary
from tests.support.paths import ROOT

WORDS = TemplateLibrary(ROOT / "issue_templates")
AS_SHIPPED = load_process(ROOT / "config")
LONGEST = 400


def renamed(folder: Path) -> Process:
    """Return the process as it ships, with every label scope called otherwise."""
    shutil.copytree(ROOT / "config", folder)
    file = folder / "labels.yml"
    text = file.read_text()
    for purpose, scope in AS_SHIPPED.catalogue.scopes.items():
        assert text.count(f"name: {scope.name}\n") == 1
        text = text.replace(f"name: {scope.name}\n", f'name: "Acme team::{purpose.title()}"\n')
    file.write_text(text)
    process = load_process(folder)
    assert not {each.name for each in process.catalogue.scopes.values()} & {
        each.name for each in AS_SHIPPED.catalogue.scopes.values()
    }
    return process


@dataclass(frozen=True)
class Shown:
    """An item as it stood one evening."""

    values: dict[str, str | None]
    is_open: bool
    title: str
    assignees: tuple[str, ...]
    due_on: date | None
    description: str

    @property
    def state(self) -> str | None:
        return self.values["state"]

    @property
    def phase(self) -> str | None:
        return self.values["phase"]


Evening = dict[str, Shown]


@dataclass
class Lived:
    """A life that was played: what stood there every evening, and all that happened."""

    process: Process
    evenings: dict[date, Evening] = field(default_factory=dict)
    notices: dict[date, dict[str, str]] = field(default_factory=dict)
    happenings: list[TimelineEntry] = field(default_factory=list)
    never: list[int] = field(default_factory=list)
    is_over: bool = False

    @property
    def phases(self) -> dict[str, str | None]:
        """Return the phases by the day on which the epic first showed them."""
        found: dict[str, str | None] = {}
        for day, evening in self.evenings.items():
            phase = evening["epic"].phase if "epic" in evening else None
            if not found or list(found.values())[-1] != phase:
                found[str(day)] = phase
        return found

    def on(self, day: str) -> Evening:
        """Return the items as they stood on the evening of *day*."""
        return self.evenings[date.fromisoformat(day)]

    def state(self, key: str, day: str) -> str | None:
        """Return the state of an item on the evening of *day*."""
        return self.on(day)[key].state

    def states(self, key: str) -> dict[str, str | None]:
        """Return the states of an item by the day on which it first showed them."""
        found: dict[str, str | None] = {}
        for day, evening in self.evenings.items():
            state = evening[key].state if key in evening else None
            if state and (not found or list(found.values())[-1] != state):
                found[str(day)] = state
        return found

    @property
    def end(self) -> Evening:
        """Return the items as they stand at the end."""
        return list(self.evenings.values())[-1]

    def made(self, kind: str, before: str, after: str) -> set[str]:
        """Return the keys of a kind that were made after the day *before*, up to *after*."""
        return {
            key for key in self.on(after).keys() - self.on(before).keys() if key.partition("/")[0] == kind
        }

    def told(self, day: str) -> dict[str, str]:
        """Return the notices that stand in the engagement log, resolved ones too, by code and item."""
        return self.notices[date.fromisoformat(day)]

    @property
    def ever_told(self) -> set[str]:
        """Return the identities of all notices that the engagement log ever had."""
        return {identity for each in self.notices.values() for identity in each}

    def psbot(self, start: str, end: str) -> list[TimelineEntry]:
        """Return what psbot did from the day *start* on, before *end*."""
        first, last = date.fromisoformat(start), date.fromisoformat(end)
        return [
            each
            for each in self.happenings
            if each.kind is EntryKind.PSBOT and first <= each.at.date() < last
        ]


def lived(
    process: Process,
    name: str,
    script: str = "",
    *,
    start: str | None = None,
    until: str | None = None,
    **changes: Any,
) -> Lived:
    """Play the life of an example, changed, by *script*: until it is over, or up to and with a day."""
    sheet = load_engagement_text(ROOT / "examples" / f"{name}.yml", process)
    sheet = sheet.with_changes(changes, process) if changes else sheet
    told = parse_script(
        parse_yaml("script.yml", f"deeds:\n{script}" if script else "others: routine"), process
    )
    begun = date.fromisoformat(start) if start else first_day(sheet.engagement)
    days = (date.fromisoformat(until) - begun).days + 1 if until else LONGEST
    written = Lived(process)
    with open_simulator(sheet, told, process, WORDS, begun) as life:
        for day in life.simulate_days(begun, days):
            written.happenings += day.entries
            written.evenings[day.on] = {key: _shown(life, each) for key, each in life.fixture.items().items()}
            written.notices[day.on] = dict(_notices(life))
            if any(each.kind is EntryKind.PSBOT for each in day.entries):
                _is_quiet(life)
            if until is None and life.is_finished:
                break
        _is_quiet(life)
        written.is_over = life.is_finished
        written.never = [each.number for each in life.pending]
    failed = [each for each in written.happenings if each.kind is EntryKind.FAILURE]
    assert not failed, failed
    return written


def _is_quiet(life: Simulator) -> None:
    """Run advance once more; it must find nothing to do and write nothing."""
    before = life.fixture.world.version
    again = life.runs.run(Command.ADVANCE, life.fixture.engagement_text.engagement, life.now)
    assert isinstance(again, Reconciled), again
    assert again.exit_code is ExitCode.DONE
    assert again.plan.is_empty, again.plan.operations
    assert life.fixture.world.version == before


def _shown(life: Simulator, item: WorkItem) -> Shown:
    titles = [label.title for label in item.labels]
    return Shown(
        {purpose: _only(life.fixture.process.catalogue.values(purpose, titles)) for purpose in _PURPOSES},
        item.is_open,
        item.title,
        tuple(user.username for user in item.assignees),
        item.due_on,
        item.description,
    )


_PURPOSES = tuple(AS_SHIPPED.catalogue.scopes)


def _only(values: list[str]) -> str | None:
    assert len(values) <= 1, values
    return values[0] if values else None


def _notices(life: Simulator) -> Iterator[tuple[str, str]]:
    log = life.fixture.items().get("log")
    for note in log.notes if log else ():
        identity = parse_identity(note.body)
        if identity and not note.is_system:
            yield identity, note.body.partition("\n")[2].strip()


__all__ = ["AS_SHIPPED", "EngagementText", "Lived", "lived", "renamed", "timedelta"]

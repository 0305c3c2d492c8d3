"""Simulates an engagement from its file alone and returns the timeline."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from psbot.core.desired.build import Renderer
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.report.timeline import EntryKind, Timeline, TimelineDay
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import SERVICE_ACCOUNT, token_of
from psbot.simulation.actions import Script, ScriptedAction
from psbot.simulation.engagement_file import EngagementText, load_engagement_text
from psbot.simulation.fixture import Fixture
from psbot.simulation.psbot_runs import PSBOT, PsbotRuns
from psbot.simulation.script import load_script
from psbot.simulation.simulator import MORNING, Simulator

MAX_DAYS = 731
_QUOTE_LEAD_DAYS = (
    20  # a simulation that starts with a quote starts this many business days before the kick-off
)


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """The timeline of a simulation; ``has_failed`` if a run of psbot failed."""

    timeline: Timeline
    has_failed: bool


def first_day(engagement: Engagement) -> date:
    """Return the default first day: Closed Won, or for a quote some time before the kick-off."""
    return engagement.closed_won_on or engagement.workdays.before(engagement.kick_off_on, _QUOTE_LEAD_DAYS)


@contextmanager
def open_simulator(
    engagement_text: EngagementText, script: Script, process: Process, templates: Renderer, start: date
) -> Iterator[Simulator]:
    """Yield a simulator that starts on *start*, with a sandbox of its own."""
    now = datetime.combine(start, MORNING, engagement_text.engagement.zone)
    fixture = Fixture(engagement_text, process, now, script)
    with (
        running_sandbox(fixture.world) as sandbox,
        PsbotRuns(sandbox.url, token_of(SERVICE_ACCOUNT), process, templates) as runs,
    ):
        yield Simulator(fixture, script, runs)


def simulate(
    file: Path,
    process: Process,
    templates: Renderer,
    *,
    script: Path | None = None,
    start: date | None = None,
    days: int | None = None,
) -> SimulationResult:
    """Simulate the engagement in *file* for *days*, or until it is finished. Raises PsbotError for bad files."""
    engagement_text = load_engagement_text(file, process)
    actions = load_script(script, process) if script else Script()
    first = start or first_day(engagement_text.engagement)
    with open_simulator(engagement_text, actions, process, templates, first) as simulator:
        upcoming_days = simulator.simulate_days(first, days or MAX_DAYS)
        simulated = tuple(_until_finished(simulator, upcoming_days, has_end=days is None))
        not_reached = tuple(_not_reached(each) for each in simulator.pending)
        phase = simulator.fixture.phase
    timeline = Timeline(engagement_text.engagement.key, str(file), first, simulated, phase, not_reached)
    entries = (entry for day in simulated for entry in day.entries)
    has_failed = any(entry.kind is EntryKind.FAILURE and entry.who == PSBOT for entry in entries)
    return SimulationResult(timeline, has_failed)


def _until_finished(
    simulator: Simulator, days: Iterator[TimelineDay], *, has_end: bool
) -> Iterator[TimelineDay]:
    for day in days:
        yield day
        if has_end and simulator.is_finished:
            return


def _not_reached(scripted: ScriptedAction) -> str:
    action = scripted.action
    what = " ".join(filter(None, (action.verb.value, action.item)))
    return (
        f"deeds.{scripted.number - 1} was not reached: {action.username}, {what}; "
        "its day is after the last one, or its item does not exist"
    )

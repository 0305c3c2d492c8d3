"""play(file) → the timeline of an engagement's life, from its files alone."""

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

MAX_DAYS = 731  # days
_QUOTE_LEAD_DAYS = 20  # business days before the kick-off at which the life of a quote begins


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """A life that was played; ``has_failed`` tells that a run of psbot's ended badly."""

    timeline: Timeline
    has_failed: bool


def first_day(engagement: Engagement) -> date:
    """Return the day a life begins where nobody says when: Closed Won, for a quote some time before the kick-off."""
    return engagement.closed_won_on or engagement.workdays.before(engagement.kick_off_on, _QUOTE_LEAD_DAYS)


@contextmanager
def open_simulator(
    engagement_text: EngagementText, script: Script, process: Process, templates: Renderer, start: date
) -> Iterator[Simulator]:
    """Yield a life that is about to begin on *start*, in a sandbox of its own."""
    now = datetime.combine(start, MORNING, engagement_text.engagement.zone)
    stage = Fixture(engagement_text, process, now, script)
    with (
        running_sandbox(stage.world) as sandbox,
        PsbotRuns(sandbox.url, token_of(SERVICE_ACCOUNT), process, templates) as runs,
    ):
        yield Simulator(stage, script, runs)


def simulate(
    file: Path,
    process: Process,
    templates: Renderer,
    *,
    script: Path | None = None,
    start: date | None = None,
    days: int | None = None,
) -> SimulationResult:
    """Play the life of the engagement in *file*: *days*, or until it is over. Raises PsbotError for bad files."""
    sheet = load_engagement_text(file, process)
    told = load_script(script, process) if script else Script()
    begun = start or first_day(sheet.engagement)
    with open_simulator(sheet, told, process, templates, begun) as life:
        lived = tuple(
            _until_finished(life, life.simulate_days(begun, days or MAX_DAYS), has_end=days is None)
        )
        phase, never = life.fixture.phase, tuple(_not_reached(each) for each in life.pending)
    failures = [
        each for day in lived for each in day.entries if each.kind is EntryKind.FAILURE and each.who == PSBOT
    ]
    return SimulationResult(
        Timeline(sheet.engagement.key, str(file), begun, lived, phase, never), bool(failures)
    )


def _until_finished(
    simulator: Simulator, days: Iterator[TimelineDay], *, has_end: bool
) -> Iterator[TimelineDay]:
    for day in days:
        yield day
        if has_end and simulator.is_finished:
            return


def _not_reached(entry: ScriptedAction) -> str:
    deed = entry.action
    what = " ".join(filter(None, (deed.verb.value, deed.item)))
    return (
        f"deeds.{entry.number - 1}: {deed.username} never came to {what}; its day, or its item, did not come"
    )

"""play(file) → the timeline of an engagement's life, from its files alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from psbot.core.desired.build import Words
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.report.timeline import Day, Sort, Timeline
from psbot.sandbox.server.serve import running
from psbot.sandbox.state.seed import SERVICE_ACCOUNT, token_of
from psbot.simulation.actions import Entry, Script
from psbot.simulation.engagement_file import Sheet, load_sheet
from psbot.simulation.fixture import Stage
from psbot.simulation.psbot_runs import WHO, Runs
from psbot.simulation.script import load_script
from psbot.simulation.simulator import MORNING, Life

LONGEST = 731  # days
_LEAD = 20  # business days before the kick-off at which the life of a quote begins


@dataclass(frozen=True, slots=True)
class Played:
    """A life that was played; ``has_failed`` tells that a run of psbot's ended badly."""

    timeline: Timeline
    has_failed: bool


def first_day(engagement: Engagement) -> date:
    """Return the day a life begins where nobody says when: Closed Won, for a quote some time before the kick-off."""
    return engagement.closed_won_on or engagement.workdays.before(engagement.kick_off_on, _LEAD)


@contextmanager
def living(sheet: Sheet, script: Script, process: Process, words: Words, start: date) -> Iterator[Life]:
    """Yield a life that is about to begin on *start*, in a sandbox of its own."""
    now = datetime.combine(start, MORNING, sheet.engagement.zone)
    stage = Stage(sheet, process, now, script)
    with (
        running(stage.world) as sandbox,
        Runs(sandbox.url, token_of(SERVICE_ACCOUNT), process, words) as runs,
    ):
        yield Life(stage, script, runs)


def play(
    file: Path,
    process: Process,
    words: Words,
    *,
    script: Path | None = None,
    start: date | None = None,
    days: int | None = None,
) -> Played:
    """Play the life of the engagement in *file*: *days*, or until it is over. Raises PsbotError for bad files."""
    sheet = load_sheet(file, process)
    told = load_script(script, process) if script else Script()
    begun = start or first_day(sheet.engagement)
    with living(sheet, told, process, words, begun) as life:
        lived = tuple(_until_over(life, life.days(begun, days or LONGEST), has_end=days is None))
        phase, never = life.stage.phase, tuple(_never(each) for each in life.pending)
    failures = [
        each for day in lived for each in day.happenings if each.sort is Sort.FAILURE and each.who == WHO
    ]
    return Played(Timeline(sheet.engagement.key, str(file), begun, lived, phase, never), bool(failures))


def _until_over(life: Life, days: Iterator[Day], *, has_end: bool) -> Iterator[Day]:
    for day in days:
        yield day
        if has_end and life.is_over:
            return


def _never(entry: Entry) -> str:
    deed = entry.deed
    what = " ".join(filter(None, (deed.verb.value, deed.item)))
    return f"deeds.{entry.number - 1}: {deed.who} never came to {what}; its day, or its item, did not come"

"""Runs a simulation day by day: the file is edited in the morning, people work, and psbot runs."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from psbot.core.model.process import EPIC
from psbot.report.timeline import EntryKind, TimelineDay, TimelineEntry
from psbot.sandbox.rules.refusals import Refusal
from psbot.simulation.actions import Action, Script, ScriptedAction, Verb
from psbot.simulation.fixture import Fixture
from psbot.simulation.people import is_possible, perform
from psbot.simulation.psbot_runs import PSBOT, Command, PsbotRuns
from psbot.simulation.routine import routine_file_edits, routine_item_actions

MORNING, DAYTIME, EVENING = time(8), time(10), time(18)
_ACTION_INTERVAL = timedelta(minutes=5)  # between two actions


class Simulator:
    """One engagement over time: psbot applies the file when it has changed, and advances every evening."""

    def __init__(self, fixture: Fixture, script: Script, runs: PsbotRuns) -> None:
        self.fixture = fixture
        self.script = script
        self.runs = runs
        self.pending: list[ScriptedAction] = list(script.actions)
        self._is_applied = False
        self._paused_until: date | None = None

    @property
    def is_finished(self) -> bool:
        """Tell whether the engagement is in a final phase, and psbot has closed what that phase closes."""
        epic = self.fixture.items().get(EPIC)
        phase, workflow = self.fixture.phase, self.fixture.process.workflow
        if epic is None or phase not in workflow.final_phases:
            return False
        return not (epic.is_open and phase in workflow.rules.closing_phases)

    @property
    def now(self) -> datetime:
        """Return the current time in the engagement's time zone."""
        return self.fixture.world.clock.now().astimezone(self.fixture.engagement.zone)

    def simulate_days(self, start: date, count: int) -> Iterator[TimelineDay]:
        """Yield *count* days from *start* on, each at its end."""
        for number in range(count):
            today = start + timedelta(days=number)
            yield TimelineDay(today, tuple(self._simulate_day(today)))

    def _simulate_day(self, today: date) -> Iterator[TimelineEntry]:
        self._set_clock(today, MORNING)
        yield from self._pause_psbot(today)
        yield from self._perform_all(self._take_due(today, Verb.EDIT))
        yield from self._perform_all(routine_file_edits(self.fixture, self.script, today))
        is_running = self._paused_until is None or today >= self._paused_until
        if is_running and not self._is_applied:
            yield from self.runs.run_and_report(Command.APPLY, self.fixture.engagement, self.now)
            self._is_applied = True
        self._set_clock(today, DAYTIME)
        yield from self._perform_all(self._take_due(today))
        yield from self._perform_all(routine_item_actions(self.fixture, self.script, today))
        self._set_clock(today, EVENING)
        if is_running:
            yield from self.runs.run_and_report(Command.ADVANCE, self.fixture.engagement, self.now)

    def _set_clock(self, today: date, at: time) -> None:
        self.fixture.set_clock(datetime.combine(today, at, self.fixture.engagement.zone))

    def _pause_psbot(self, today: date) -> Iterator[TimelineEntry]:
        for action in self._take_due(today, Verb.REST):
            self._paused_until = date.fromisoformat(action.value)
            yield TimelineEntry(self.now, EntryKind.PERSON, PSBOT, f"is paused until {self._paused_until}")

    def _take_due(self, today: date, *verbs: Verb) -> list[Action]:
        """Remove from the pending actions those of *verbs* (default: all) that are due and possible; return them."""
        due = [each for each in self.pending if self._is_due(each, today, verbs)]
        self.pending = [each for each in self.pending if each not in due]
        return [each.action for each in due]

    def _is_due(self, scripted: ScriptedAction, today: date, verbs: tuple[Verb, ...]) -> bool:
        if verbs and scripted.action.verb not in verbs:
            return False
        day = scripted.day.resolve(self.fixture.engagement, self.fixture.due_date_of, today)
        return day is not None and day <= today and is_possible(self.fixture, scripted.action)

    def _perform_all(self, actions: Iterable[Action]) -> Iterator[TimelineEntry]:
        for action in list(actions):
            self.fixture.set_clock(self.now + _ACTION_INTERVAL)
            is_edit = action.verb is Verb.EDIT
            now, item = self.now, None if is_edit else action.item
            try:
                yield TimelineEntry(
                    now, EntryKind.PERSON, action.username, perform(self.fixture, action), item
                )
            except Refusal as refusal:
                text = f"cannot {action.verb} the item: {refusal.message}"
                yield TimelineEntry(now, EntryKind.FAILURE, action.username, text, item)
            self._is_applied = self._is_applied and not is_edit

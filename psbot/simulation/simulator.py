"""A life, day by day: the file is edited in the morning, people work, and psbot moves on in the evening."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from psbot.core.model.process import EPIC
from psbot.report.timeline import Day, Happening, Sort
from psbot.sandbox.rules.refusals import Refusal
from psbot.simulation.actions import Deed, Entry, Script, Verb
from psbot.simulation.fixture import Stage
from psbot.simulation.people import act, is_possible
from psbot.simulation.psbot_runs import WHO, Command, Runs
from psbot.simulation.routine import paperwork, work

MORNING, WORK, EVENING = time(8), time(10), time(18)
_BETWEEN = timedelta(minutes=5)  # from one deed to the next


class Life:
    """The life of one engagement; psbot applies the file when it has changed, and advances every evening."""

    def __init__(self, stage: Stage, script: Script, runs: Runs) -> None:
        self.stage = stage
        self.script = script
        self.runs = runs
        self.pending: list[Entry] = list(script.entries)
        self._is_applied = False
        self._rests_until: date | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether the engagement has come to an end that psbot has taken note of."""
        epic, phase, workflow = self.stage.items().get(EPIC), self.stage.phase, self.stage.process.workflow
        is_ended = epic is not None and phase in workflow.final_phases
        return is_ended and not (epic is not None and epic.is_open and phase in workflow.table.closing_phases)

    @property
    def now(self) -> datetime:
        """Return the instant, where the engagement is at home."""
        return self.stage.world.clock.now().astimezone(self.stage.sheet.engagement.zone)

    def days(self, start: date, count: int) -> Iterator[Day]:
        """Yield *count* days from *start* on, each when it is over."""
        for number in range(count):
            today = start + timedelta(days=number)
            yield Day(today, tuple(self._day(today)))

    def _day(self, today: date) -> Iterator[Happening]:
        self._clock(today, MORNING)
        yield from self._outage(today)
        yield from self._acted(self._due(today, Verb.EDIT))
        yield from self._acted(paperwork(self.stage, self.script, today))
        is_up = self._rests_until is None or today >= self._rests_until
        if is_up and not self._is_applied:
            yield from self.runs.news(Command.APPLY, self.stage.sheet.engagement, self.now)
            self._is_applied = True
        self._clock(today, WORK)
        yield from self._acted(self._due(today))
        yield from self._acted(work(self.stage, self.script, today))
        self._clock(today, EVENING)
        if is_up:
            yield from self.runs.news(Command.ADVANCE, self.stage.sheet.engagement, self.now)

    def _clock(self, today: date, at: time) -> None:
        self.stage.at(datetime.combine(today, at, self.stage.sheet.engagement.zone))

    def _outage(self, today: date) -> Iterator[Happening]:
        for deed in self._due(today, Verb.REST):
            self._rests_until = date.fromisoformat(deed.value)
            yield Happening(self.now, Sort.PERSON, WHO, f"does not run until {self._rests_until}")

    def _due(self, today: date, *verbs: Verb) -> list[Deed]:
        """Take the deeds of *verbs* (of all) that are due, and possible, from those that are pending."""
        due = [each for each in self.pending if self._is_due(each, today, verbs)]
        self.pending = [each for each in self.pending if each not in due]
        return [each.deed for each in due]

    def _is_due(self, entry: Entry, today: date, verbs: tuple[Verb, ...]) -> bool:
        if verbs and entry.deed.verb not in verbs:
            return False
        day = entry.when.day(self.stage.sheet.engagement, self.stage.due_of, today)
        return day is not None and day <= today and is_possible(self.stage, entry.deed)

    def _acted(self, deeds: Iterable[Deed]) -> Iterator[Happening]:
        for deed in list(deeds):
            self.stage.at(self.now + _BETWEEN)
            is_edit = deed.verb is Verb.EDIT
            now, item = self.now, None if is_edit else deed.item
            try:
                yield Happening(now, Sort.PERSON, deed.who, act(self.stage, deed), item)
            except Refusal as refusal:
                words = f"may not {deed.verb} it: {refusal.message}"
                yield Happening(now, Sort.FAILURE, deed.who, words, item)
            self._is_applied = self._is_applied and not is_edit

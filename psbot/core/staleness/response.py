"""What psbot does about what has gone quiet: flags by label, one digest in the log, and nothing else.

It never closes anything. Digests stand in the log alone; the only thing that shows elsewhere is the flag.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from psbot.core.model.facts import Facts
from psbot.core.model.finding import UNCHECKED, Finding, Severity
from psbot.core.model.item import Item
from psbot.core.model.labels import LabelDelta, settle
from psbot.core.model.operations import CreateLabel, Operation, Relabel
from psbot.core.model.process import EPIC
from psbot.core.model.staleness_policy import Rung, Tell
from psbot.core.model.work_item import is_machine
from psbot.core.notices import digest as digests
from psbot.core.notices.digest import Entry, Line
from psbot.core.plan.plan import Plan, in_order
from psbot.core.staleness import last_activity as clock
from psbot.core.staleness.escalation import Stale, flagged_since
from psbot.core.staleness.measure import Judgement, Verdict, is_unread, judge

ATTENTION = "attention"


@dataclass(frozen=True)
class Response:
    """An engagement with its verdicts, and what follows from them."""

    facts: Facts
    judgement: Judgement

    @classmethod
    def to(cls, facts: Facts) -> "Response":
        """Return the response to what is known."""
        return cls(facts, judge(facts))

    @cached_property
    def log(self) -> Item | None:
        """Return the engagement log."""
        kinds = self.facts.process.kinds.values()
        keys = [kind.item for kind in kinds if "health" in kind.seeds]
        found = self.facts.observed.by_key()
        return next((found[key] for key in keys if key in found), None)

    @cached_property
    def flags(self) -> frozenset[str]:
        """Return the titles of the labels that flag."""
        scope = self.facts.process.catalogue.scopes.get(ATTENTION)
        return frozenset(spec.title for spec in scope.labels.values()) if scope else frozenset()

    @cached_property
    def flagged(self) -> tuple[Item, ...]:
        """Return the items that carry a flag now."""
        items = self.facts.observed.by_key()
        return tuple(item for _, item in sorted(items.items()) if item.labels & self.flags)

    @property
    def needs(self) -> frozenset[str]:
        """Return the items whose notes have to be read before anything is done."""
        if self.judgement.rests:
            return frozenset()
        keys = {*self.judgement.needs, *(item.key for item in self.flagged)}
        return frozenset(key for key in keys if is_unread(self.facts, key))

    @property
    def needs_notices(self) -> bool:
        """Tell whether the digests that stand in the log have to be read: the log is flagged while one does."""
        if self.judgement.rests or self.log is None or self.facts.histories.notices is not None:
            return False
        return bool(self.judgement.stale or self.log.labels & self.flags)

    @cached_property
    def stale(self) -> tuple[Stale, ...]:
        """Return the findings with their rungs, what has waited longest first."""
        return tuple(map(self._climbed, self.judgement.stale))

    @property
    def is_private(self) -> bool:
        """Tell whether the log stands where the customer cannot read it."""
        places, log = self.facts.engagement.gitlab, self.log
        return log is not None and places.hides(log.namespace, is_confidential=log.confidential)

    def _climbed(self, verdict: Verdict) -> Stale:
        carrier = self._carrier(verdict)
        rung = self._rung(verdict, carrier)
        return Stale(verdict, carrier, rung, self._people(self.facts.process.staleness.ladder[rung], carrier))

    def _carrier(self, verdict: Verdict) -> Item:
        found = self.facts.observed.by_key()
        is_all = verdict.item == EPIC and self.log is not None
        return self.log if is_all and self.log is not None else found[verdict.item]

    def _rung(self, verdict: Verdict, carrier: Item) -> int:
        """Return how far a finding has climbed: it waits from when it was flagged, or somebody acted after that."""
        history = self.facts.history(carrier)
        flagged_at = flagged_since(history, self.flags) if history else None
        ladder = self.facts.process.staleness.ladder
        first = next((at for at, each in enumerate(ladder) if each.tell is verdict.policy.begins), 0)
        if flagged_at is None or not carrier.labels & self.flags:
            return first
        engagement = self.facts.engagement
        begun = [engagement.today(flagged_at), verdict.since]
        if verdict.item != EPIC:
            last = clock.last_acted(carrier, history, self.facts.process)
            begun.append(engagement.today(last.earliest))
        stood = engagement.workdays.between(max(begun), self.facts.today)
        stood = min(stood, verdict.days.low - verdict.policy.after)
        rung, waited = first, 0
        for number, each in enumerate(ladder[first + 1 :], first + 1):
            waited += each.wait
            rung = number if stood >= waited else rung
        return rung

    def _people(self, rung: Rung, carrier: Item) -> tuple[str, ...]:
        engagement = self.facts.engagement
        match rung.tell:
            case Tell.ASSIGNEE:
                return carrier.assignees or (engagement.manager,)
            case Tell.MANAGER:
                return (engagement.manager,)
            case Tell.DELIVERY_LEAD:
                lead = engagement.delivery_lead or self.facts.process.staleness.delivery_lead
                return (lead or engagement.manager,)

    # What follows

    def admitted(self, carriers: frozenset[str] | None) -> tuple[Stale, ...]:
        """Return the findings that may be told: of items that are flagged already, or among *carriers*; None is all."""
        if carriers is None:
            return self.stale
        flagged = {item.key for item in self.flagged}
        return tuple(each for each in self.stale if each.carrier.key in flagged | carriers)

    def lines(self, carriers: frozenset[str] | None = None) -> tuple[Line, ...]:
        """Return the lines of the digest; what could not be checked stays told."""
        return tuple(map(self.line, (*self.admitted(carriers), *self.kept(self._told))))

    def kept(self, told: Iterable[Entry]) -> Iterator[Stale]:
        """Yield what was *told* and could not be checked this time, as it was told."""
        unchecked = {(each.policy.name, each.item): each for each in self.judgement.unchecked}
        ladder = self.facts.process.staleness.ladder
        for entry in sorted(told):
            if verdict := unchecked.get((entry.policy, entry.item)):
                carrier, rung = self._carrier(verdict), min(entry.rung, len(ladder) - 1)
                people = self._people(ladder[rung], carrier)
                yield Stale(replace(verdict, since=entry.since), carrier, rung, people)

    @property
    def _told(self) -> frozenset[Entry]:
        return digests.last_told(self.facts.histories.notices or ())

    def line(self, stale: Stale) -> Line:
        """Return the line that tells a finding."""
        policy, verdict = stale.verdict.policy, stale.verdict
        item = self.facts.observed.by_key()[verdict.item]
        limit = f"business days allowed: {policy.after} ({policy.name})"
        words = digests.sentence(item.title, policy.says, verdict.since, verdict.by, limit)
        return Line(
            stale.entry, words, f"{item.namespace}{'&' if item.is_epic else '#'}{item.iid}", stale.people
        )

    def mentioned(self, carriers: frozenset[str] | None = None) -> tuple[str, ...]:
        """Return who is named in a digest that has to be written."""
        lines = self.lines(carriers)
        is_told = frozenset(line.entry for line in lines) == self._told
        return () if is_told else digests.people_of(lines)

    def plan(self, carriers: frozenset[str] | None = None, readers: frozenset[str] = frozenset()) -> Plan:
        """Return the operations; *carriers* are the items that may be flagged anew, *readers* who can see the log."""
        findings = tuple(sorted({*map(_finding, self.stale), *self._unchecked()}, key=str))
        log = self.log
        if self.judgement.rests or log is None or not self.is_private:
            return Plan(self.facts.engagement.key, findings=(*findings, *self._withheld()))
        lines = self.lines(carriers)
        operations: list[Operation] = list(self._relabelled(self.admitted(carriers), bool(lines)))
        missing = {title for each in operations if isinstance(each, Relabel) for title in each.delta.add}
        missing -= self.facts.observed.labels
        operations += [
            CreateLabel(self.facts.engagement.gitlab.label_group, spec)
            for spec in self.facts.process.catalogue.specs()
            if spec.title in missing
        ]
        if self.facts.histories.notices is not None:
            operations += digests.digests(log, lines, self.facts.histories.notices, readers)
        return Plan(self.facts.engagement.key, in_order(operations), findings=findings)

    def _relabelled(self, stale: Iterable[Stale], is_told: bool) -> Iterator[Relabel]:
        """Yield the flags: by the highest rung on each item, on the log by that of all; a person's flag stays."""
        rungs: dict[str, int] = {}
        for each in stale:
            for item in (each.carrier, self.log):
                if item is not None:
                    rungs[item.key] = max(each.rung, rungs.get(item.key, 0))
        kept = {self._carrier(each).key for each in self.judgement.unchecked}
        kept |= {self.log.key} if is_told and self.log is not None else set()
        for key, item in sorted(self.facts.observed.by_key().items()):
            delta = self._delta(item, rungs.get(key), is_kept=key in kept)
            if not delta.is_empty and self._may_change(item):
                reason = "it has gone quiet" if key in rungs else "nothing is left to say of it"
                yield Relabel(item, delta, reason)

    def _delta(self, item: Item, rung: int | None, *, is_kept: bool) -> LabelDelta:
        if rung is not None:
            flag = self.facts.process.staleness.ladder[rung].flag
            return settle(item.labels, self.facts.process.catalogue.title(ATTENTION, flag))
        return LabelDelta() if is_kept else LabelDelta(remove=tuple(sorted(item.labels & self.flags)))

    def _may_change(self, item: Item) -> bool:
        """Tell whether the flag on an item is a machine's, or there is none."""
        titles = item.labels & self.flags
        if not titles:
            return True
        history = self.facts.history(item)
        event = history.last_label(titles) if history else None
        return event is not None and event.author is not None and is_machine(event.author, self.facts.process)

    def _unchecked(self) -> Iterator[Finding]:
        for each in self.judgement.unchecked:
            yield Finding(
                UNCHECKED,
                Severity.INFO,
                f"whether it is {each.policy.name} could not be checked: between {each.days.low} and "
                f"{each.days.high} business days",
                each.item,
            )

    def _withheld(self) -> Iterator[Finding]:
        """Yield why nothing is written although something is to be said."""
        if self.judgement.rests or not self.stale:
            return
        why = "it has no engagement log" if self.log is None else "the customer can read its engagement log"
        yield Finding("withheld", Severity.WARNING, f"{why}, so nothing was flagged and no digest written")


def _finding(stale: Stale) -> Finding:
    verdict = stale.verdict
    who = f", last {verdict.by}" if verdict.by else ""
    said = (
        f"{verdict.policy.says}; since {verdict.since}{who}: {verdict.days.low} business days, "
        f"{verdict.policy.after} allowed; tells {', '.join(stale.people)}"
    )
    return Finding(verdict.policy.name, Severity.WARNING, said, verdict.item)

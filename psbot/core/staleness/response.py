"""What psbot does about what has gone quiet: flags by label, one digest in the log, and nothing else.

It never closes anything. Digests stand in the log alone; the only thing that shows elsewhere is the flag.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from psbot.core.model.facts import Facts
from psbot.core.model.finding import UNCHECKED, Finding, Severity
from psbot.core.model.item import Item
from psbot.core.model.labels import LabelDelta, replace_in_scope
from psbot.core.model.operations import CreateLabel, Operation, Relabel
from psbot.core.model.process import EPIC
from psbot.core.model.staleness_policy import EscalationStep, Recipient
from psbot.core.model.work_item import is_machine
from psbot.core.notices import digest
from psbot.core.notices.digest import DigestEntry, DigestLine
from psbot.core.plan.plan import Plan, sort_operations
from psbot.core.staleness import last_activity
from psbot.core.staleness.escalation import StaleFinding, flagged_since
from psbot.core.staleness.measure import Measurement, Measurements, is_unread, measure

ATTENTION = "attention"


@dataclass(frozen=True)
class StaleResponse:
    """An engagement with its verdicts, and what follows from them."""

    facts: Facts
    measurements: Measurements

    @classmethod
    def from_facts(cls, facts: Facts) -> "StaleResponse":
        """Return the response to what is known."""
        return cls(facts, measure(facts))

    @cached_property
    def log(self) -> Item | None:
        """Return the engagement log."""
        return self.facts.log

    @cached_property
    def flag_titles(self) -> frozenset[str]:
        """Return the titles of the labels that flag."""
        scope = self.facts.process.catalogue.scopes.get(ATTENTION)
        return frozenset(spec.title for spec in scope.labels.values()) if scope else frozenset()

    @cached_property
    def flagged_items(self) -> tuple[Item, ...]:
        """Return the items that carry a flag now."""
        items = self.facts.observed.by_key()
        return tuple(item for _, item in sorted(items.items()) if item.labels & self.flag_titles)

    @property
    def needs(self) -> frozenset[str]:
        """Return the items whose notes have to be read before anything is done."""
        if self.measurements.not_measured_because:
            return frozenset()
        keys = {*self.measurements.needs, *(item.key for item in self.flagged_items)}
        return frozenset(key for key in keys if is_unread(self.facts, key))

    @property
    def needs_notices(self) -> bool:
        """Tell whether the digests that stand in the log have to be read: the log is flagged while one does."""
        if (
            self.measurements.not_measured_because
            or self.log is None
            or self.facts.histories.notices is not None
        ):
            return False
        return bool(self.measurements.stale or self.log.labels & self.flag_titles)

    @cached_property
    def stale(self) -> tuple[StaleFinding, ...]:
        """Return the findings with their rungs, what has waited longest first."""
        return tuple(map(self._escalate, self.measurements.stale))

    @property
    def is_log_private(self) -> bool:
        """Tell whether the log stands where the customer cannot read it."""
        places, log = self.facts.engagement.gitlab, self.log
        return log is not None and places.is_hidden_from_customer(
            log.namespace, is_confidential=log.confidential
        )

    def _escalate(self, measurement: Measurement) -> StaleFinding:
        carrier = self._flagged_item(measurement)
        rung = self._level(measurement, carrier)
        return StaleFinding(
            measurement,
            carrier,
            rung,
            self._recipients(self.facts.process.staleness.escalation[rung], carrier),
        )

    def _flagged_item(self, measurement: Measurement) -> Item:
        found = self.facts.observed.by_key()
        is_all = measurement.item == EPIC and self.log is not None
        return self.log if is_all and self.log is not None else found[measurement.item]

    def _level(self, measurement: Measurement, item: Item) -> int:
        """Return how far a finding has climbed: it waits from when it was flagged, or somebody acted after that."""
        history = self.facts.history(item)
        flagged_at = flagged_since(history, self.flag_titles) if history else None
        ladder = self.facts.process.staleness.escalation
        first = next(
            (at for at, each in enumerate(ladder) if each.recipient is measurement.policy.first_recipient), 0
        )
        if flagged_at is None or not item.labels & self.flag_titles:
            return first
        engagement = self.facts.engagement
        begun = [engagement.today(flagged_at), measurement.since]
        if measurement.item != EPIC:
            last = last_activity.last_activity(item, history, self.facts.process)
            begun.append(engagement.today(last.earliest))
        stood = engagement.workdays.count_between(max(begun), self.facts.today)
        stood = min(stood, measurement.days.low - measurement.policy.after)
        rung, waited = first, 0
        for number, each in enumerate(ladder[first + 1 :], first + 1):
            waited += each.after
            rung = number if stood >= waited else rung
        return rung

    def _recipients(self, step: EscalationStep, item: Item) -> tuple[str, ...]:
        engagement = self.facts.engagement
        match step.recipient:
            case Recipient.ASSIGNEE:
                return item.assignees or (engagement.manager,)
            case Recipient.MANAGER:
                return (engagement.manager,)
            case Recipient.DELIVERY_LEAD:
                lead = engagement.delivery_lead or self.facts.process.staleness.delivery_lead
                return (lead or engagement.manager,)

    # What follows

    def within_limits(self, flaggable: frozenset[str] | None) -> tuple[StaleFinding, ...]:
        """Return the findings that may be told: of items that are flagged already, or among *carriers*; None is all."""
        if flaggable is None:
            return self.stale
        flagged = {item.key for item in self.flagged_items}
        return tuple(each for each in self.stale if each.flagged_item.key in flagged | flaggable)

    def digest_lines(self, flaggable: frozenset[str] | None = None) -> tuple[DigestLine, ...]:
        """Return the lines of the digest; what could not be checked stays told."""
        return tuple(
            map(self.digest_line, (*self.within_limits(flaggable), *self.still_unknown(self._last_entries)))
        )

    def still_unknown(self, entries: Iterable[DigestEntry]) -> Iterator[StaleFinding]:
        """Yield what was *told* and could not be checked this time, as it was told."""
        unchecked = {(each.policy.name, each.item): each for each in self.measurements.unchecked}
        ladder = self.facts.process.staleness.escalation
        for entry in sorted(entries):
            if verdict := unchecked.get((entry.policy, entry.item)):
                carrier, rung = self._flagged_item(verdict), min(entry.step, len(ladder) - 1)
                people = self._recipients(ladder[rung], carrier)
                yield StaleFinding(replace(verdict, since=entry.since), carrier, rung, people)

    @property
    def _last_entries(self) -> frozenset[DigestEntry]:
        return digest.last_entries(self.facts.histories.notices or ())

    def digest_line(self, finding: StaleFinding) -> DigestLine:
        """Return the line that tells a finding."""
        policy, verdict = finding.measurement.policy, finding.measurement
        item = self.facts.observed.by_key()[verdict.item]
        limit = f"business days allowed: {policy.after} ({policy.name})"
        words = digest.line_text(item.title, policy.message, verdict.since, verdict.username, limit)
        return DigestLine(
            finding.entry,
            words,
            item.reference,
            finding.recipients,
        )

    def mentioned_users(self, flaggable: frozenset[str] | None = None) -> tuple[str, ...]:
        """Return who is named in a digest that has to be written."""
        lines = self.digest_lines(flaggable)
        is_told = frozenset(line.entry for line in lines) == self._last_entries
        return () if is_told else digest.recipients_of(lines)

    def plan(self, flaggable: frozenset[str] | None = None, readers: frozenset[str] = frozenset()) -> Plan:
        """Return the operations; *carriers* are the items that may be flagged anew, *readers* who can see the log."""
        findings = tuple(sorted({*map(_to_finding, self.stale), *self._unchecked_findings()}, key=str))
        log = self.log
        if self.measurements.not_measured_because or log is None or not self.is_log_private:
            return Plan(self.facts.engagement.key, findings=(*findings, *self._log_not_private_findings()))
        lines = self.digest_lines(flaggable)
        operations: list[Operation] = list(self._update_flags(self.within_limits(flaggable), bool(lines)))
        missing = {title for each in operations if isinstance(each, Relabel) for title in each.delta.add}
        missing -= self.facts.observed.labels
        operations += [
            CreateLabel(self.facts.engagement.gitlab.label_group, spec)
            for spec in self.facts.process.catalogue.specs()
            if spec.title in missing
        ]
        if self.facts.histories.notices is not None:
            operations += digest.plan_digests(log, lines, self.facts.histories.notices, readers)
        return Plan(self.facts.engagement.key, sort_operations(operations), findings=findings)

    def _update_flags(self, findings: Iterable[StaleFinding], has_lines: bool) -> Iterator[Relabel]:
        """Yield the flags: by the highest rung on each item, on the log by that of all; a person's flag stays."""
        rungs: dict[str, int] = {}
        for each in findings:
            for item in (each.flagged_item, self.log):
                if item is not None:
                    rungs[item.key] = max(each.level, rungs.get(item.key, 0))
        kept = {self._flagged_item(each).key for each in self.measurements.unchecked}
        kept |= {self.log.key} if has_lines and self.log is not None else set()
        for key, item in sorted(self.facts.observed.by_key().items()):
            delta = self._flag_delta(item, rungs.get(key), is_kept=key in kept)
            if not delta.is_empty and self._may_change_flag(item):
                reason = "it has gone quiet" if key in rungs else "nothing is left to say of it"
                yield Relabel(item, delta, reason)

    def _flag_delta(self, item: Item, level: int | None, *, is_kept: bool) -> LabelDelta:
        if level is not None:
            flag = self.facts.process.staleness.escalation[level].flag
            return replace_in_scope(item.labels, self.facts.process.catalogue.title(ATTENTION, flag))
        return LabelDelta() if is_kept else LabelDelta(remove=tuple(sorted(item.labels & self.flag_titles)))

    def _may_change_flag(self, item: Item) -> bool:
        """Tell whether the flag on an item is a machine's, or there is none."""
        titles = item.labels & self.flag_titles
        if not titles:
            return True
        history = self.facts.history(item)
        event = history.last_label_event(titles) if history else None
        return event is not None and event.author is not None and is_machine(event.author, self.facts.process)

    def _unchecked_findings(self) -> Iterator[Finding]:
        for each in self.measurements.unchecked:
            yield Finding(
                UNCHECKED,
                Severity.INFO,
                f"whether it is {each.policy.name} could not be checked: between {each.days.low} and "
                f"{each.days.high} business days",
                each.item,
            )

    def _log_not_private_findings(self) -> Iterator[Finding]:
        """Yield why nothing is written although something is to be said."""
        if self.measurements.not_measured_because or not self.stale:
            return
        why = "it has no engagement log" if self.log is None else "the customer can read its engagement log"
        yield Finding(
            "log-not-private", Severity.WARNING, f"{why}, so nothing was flagged and no digest written"
        )


def _to_finding(stale: StaleFinding) -> Finding:
    verdict = stale.measurement
    who = f", last {verdict.username}" if verdict.username else ""
    said = (
        f"{verdict.policy.message}; since {verdict.since}{who}: {verdict.days.low} business days, "
        f"{verdict.policy.after} allowed; tells {', '.join(stale.recipients)}"
    )
    return Finding(verdict.policy.name, Severity.WARNING, said, verdict.item)

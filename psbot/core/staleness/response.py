"""What psbot does about stale items: it flags them with a label and posts one digest in the engagement log.

It never closes anything, and writes no comment outside the log.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from psbot.core.model.facts import Facts
from psbot.core.model.finding import UNCHECKED, Finding, Severity
from psbot.core.model.item import Item
from psbot.core.model.operations import CreateLabel, Operation, Relabel
from psbot.core.model.process import EPIC
from psbot.core.notices import digest
from psbot.core.notices.digest import DigestEntry, DigestLine
from psbot.core.notices.unreadable import find_unreadable
from psbot.core.plan.plan import Plan, sort_operations
from psbot.core.staleness.escalation import StaleFinding, at_step, escalate
from psbot.core.staleness.evidence import is_unread
from psbot.core.staleness.flags import flag_delta, flag_titles, may_change_flag
from psbot.core.staleness.measure import Measurement, Measurements, measure


@dataclass(frozen=True)
class StaleResponse:
    """An engagement with its measurements, and the flags, digest and findings that follow from them."""

    facts: Facts
    measurements: Measurements

    @classmethod
    def from_facts(cls, facts: Facts) -> "StaleResponse":
        """Return the response to *facts*."""
        return cls(facts, measure(facts))

    @cached_property
    def log(self) -> Item | None:
        """Return the engagement log."""
        return self.facts.log

    @cached_property
    def flag_titles(self) -> frozenset[str]:
        """Return the titles of the labels that flag stale items."""
        return flag_titles(self.facts.process)

    @cached_property
    def flagged_items(self) -> tuple[Item, ...]:
        """Return the items that carry a flag."""
        items = self.facts.observed.by_key()
        return tuple(item for _, item in sorted(items.items()) if item.labels & self.flag_titles)

    @property
    def needs(self) -> frozenset[str]:
        """Return the items whose notes must be read before anything is written."""
        if self.measurements.not_measured_because:
            return frozenset()
        keys = {*self.measurements.needs, *(item.key for item in self.flagged_items)}
        return frozenset(key for key in keys if is_unread(self.facts, key))

    @property
    def needs_notices(self) -> bool:
        """Tell whether the digests in the log must be read; the log carries a flag as long as one is live."""
        if (
            self.measurements.not_measured_because
            or self.log is None
            or self.facts.histories.notices is not None
        ):
            return False
        return bool(self.measurements.stale or self.log.labels & self.flag_titles)

    @cached_property
    def stale(self) -> tuple[StaleFinding, ...]:
        """Return the findings with their escalation steps, the oldest first."""
        return tuple(map(self._escalate, self.measurements.stale))

    @property
    def is_log_private(self) -> bool:
        """Tell whether the log is hidden from the customer."""
        places, log = self.facts.engagement.gitlab, self.log
        return log is not None and places.is_hidden_from_customer(
            log.namespace, is_confidential=log.confidential
        )

    def _escalate(self, measurement: Measurement) -> StaleFinding:
        return escalate(measurement, self._flagged_item(measurement), self.facts)

    def _flagged_item(self, measurement: Measurement) -> Item:
        found = self.facts.observed.by_key()
        return self.log if measurement.item == EPIC and self.log is not None else found[measurement.item]

    def within_limits(self, flaggable: frozenset[str] | None) -> tuple[StaleFinding, ...]:
        """Return the findings that may be reported: their items are flagged already or *flaggable*; None means all."""
        if flaggable is None:
            return self.stale
        flagged = {item.key for item in self.flagged_items}
        return tuple(each for each in self.stale if each.flagged_item.key in flagged | flaggable)

    def digest_lines(self, flaggable: frozenset[str] | None = None) -> tuple[DigestLine, ...]:
        """Return the lines of the digest; an entry that could not be checked this time stays."""
        return tuple(
            map(self.digest_line, (*self.within_limits(flaggable), *self.still_unknown(self._last_entries)))
        )

    def still_unknown(self, entries: Iterable[DigestEntry]) -> Iterator[StaleFinding]:
        """Yield the reported *entries* that could not be checked this time, as they were reported."""
        unchecked = {(each.policy.name, each.item): each for each in self.measurements.unchecked}
        last_step = len(self.facts.process.staleness.escalation) - 1
        for entry in sorted(entries):
            if found := unchecked.get((entry.policy, entry.item)):
                measurement = replace(found, since=entry.since)
                step = min(entry.step, last_step)
                yield at_step(measurement, self._flagged_item(found), step, self.facts)

    @property
    def _last_entries(self) -> frozenset[DigestEntry]:
        return digest.last_entries(self.facts.histories.notices or ())

    def digest_line(self, finding: StaleFinding) -> DigestLine:
        """Return the digest line of a finding."""
        measurement, policy = finding.measurement, finding.measurement.policy
        item = self.facts.observed.by_key()[measurement.item]
        limit = f"business days allowed: {policy.after} ({policy.name})"
        text = digest.line_text(item.title, policy.message, measurement.since, measurement.username, limit)
        return DigestLine(
            finding.entry,
            text,
            item.reference,
            finding.recipients,
        )

    def mentioned_users(self, flaggable: frozenset[str] | None = None) -> tuple[str, ...]:
        """Return who is named in the digest that has to be posted."""
        lines = self.digest_lines(flaggable)
        is_posted = frozenset(line.entry for line in lines) == self._last_entries
        return () if is_posted else digest.recipients_of(lines)

    def plan(self, flaggable: frozenset[str] | None = None, readers: frozenset[str] = frozenset()) -> Plan:
        """Return the plan; *flaggable* are the items that may get a new flag, *readers* are who can see the log."""
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
        """Yield the flag changes: each item gets the flag of its highest step, the log that of all of them."""
        steps: dict[str, int] = {}
        for each in findings:
            for item in (each.flagged_item, self.log):
                if item is not None:
                    steps[item.key] = max(each.step, steps.get(item.key, 0))
        kept = {self._flagged_item(each).key for each in self.measurements.unchecked}
        kept |= {self.log.key} if has_lines and self.log is not None else set()
        for key, item in sorted(self.facts.observed.by_key().items()):
            delta = flag_delta(item, steps.get(key), self.facts.process, is_kept=key in kept)
            if not delta.is_empty and may_change_flag(item, self.facts):
                reason = "stale" if key in steps else "no longer stale"
                yield Relabel(item, delta, reason)

    def _unchecked_findings(self) -> Iterator[Finding]:
        yield from find_unreadable(self.facts.histories)
        for each in self.measurements.unchecked:
            yield Finding(
                UNCHECKED,
                Severity.INFO,
                f"policy {each.policy.name} could not be checked: between {each.days.low} and "
                f"{each.days.high} business days",
                each.item,
            )

    def _log_not_private_findings(self) -> Iterator[Finding]:
        """Yield why nothing is written although there are stale items."""
        if self.measurements.not_measured_because or not self.stale:
            return
        why = "There is no engagement log" if self.log is None else "The customer can read the engagement log"
        yield Finding(
            "log-not-private", Severity.WARNING, f"{why}; nothing was flagged and no digest posted."
        )


def _to_finding(stale: StaleFinding) -> Finding:
    measurement, policy = stale.measurement, stale.measurement.policy
    who = f" (last activity by {measurement.username})" if measurement.username else ""
    days = f"{measurement.days.low} business day{'' if measurement.days.low == 1 else 's'}"
    message = (
        f"{policy.message}; since {measurement.since}{who}: {days}, {policy.after} allowed; "
        f"notifies {', '.join(stale.recipients)}"
    )
    return Finding(policy.name, Severity.WARNING, message, measurement.item)

"""Collects the results of one run: how items change and why, what to report, and what else must be read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from psbot.core.model.facts import Facts
from psbot.core.model.finding import UNCHECKED, Finding, Severity
from psbot.core.model.history import PSBOT, LabelEvent, StateEvent
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.labels import Label, LabelDelta, apply_delta, replace_in_scope
from psbot.core.model.operations import Close, Relabel, Reopen

_Location = tuple[str, int | None]  # namespace and iid


@dataclass(frozen=True, slots=True)
class Progress:
    """The facts after all decisions so far. Immutable: every method returns the progress after one more step.

    ``reasons`` are by item key. ``needs`` are the items whose histories a rule asked for but nobody has read yet.
    ``index`` holds the items by namespace and iid.
    """

    facts: Facts
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    needs: frozenset[str] = frozenset()
    index: Mapping[_Location, Item] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.index:
            object.__setattr__(self, "index", {_location(item): item for item in self.facts.observed.items})

    def current(self, item: Item) -> Item:
        """Return *item* as it is after the steps so far."""
        return self.index[_location(item)]

    def with_item(self, item: Item, reason: str, *events: LabelEvent | StateEvent) -> "Progress":
        """Replace an item by *item*; *events* are what psbot adds to its history with that."""
        histories = self.facts.histories
        for event in events:
            histories = histories.with_event(event)
        return replace(
            self,
            facts=replace(self.facts, observed=self.facts.observed.with_item(item), histories=histories),
            reasons={**self.reasons, item.key: (*self.reasons.get(item.key, ()), reason)},
            index={**self.index, _location(item): item},
        )

    def with_label(self, item: Item, purpose: str, value: str, reason: str) -> "Progress":
        """Make *value* the only label of its scope on *item*."""
        title = self.facts.process.catalogue.title(purpose, value)
        delta = replace_in_scope(item.labels, title)
        events = [LabelEvent(item.key, each, True, PSBOT, self.facts.now) for each in delta.add]
        return self.with_item(replace(item, labels=apply_delta(delta, item.labels)), reason, *events)

    def with_open(self, item: Item, is_open: bool, reason: str) -> "Progress":
        """Open or close *item*."""
        event = StateEvent(item.key, is_open, PSBOT, self.facts.now)
        after = replace(item, is_open=is_open, closed_at=None if is_open else self.facts.now)
        return self.with_item(after, reason, event)

    def close(self, item: Item, reason: str) -> "Progress":
        """Finish and close *item*, unless a person has reopened it."""
        if not item.is_open:
            return self
        progress = self.with_needs(self.facts.missing_history(item))
        history = self.facts.history(item)
        if (history is None or history.last_state_event(True)) and not self.facts.assume_authorized:
            return progress
        progress = progress.with_label(item, "state", self.facts.process.workflow.finished_state, reason)
        return progress.with_open(progress.current(item), False, reason)

    def with_finding(self, code: str, message: str, item: Item) -> "Progress":
        """Add a finding, unless *item* has one with that code already."""
        if any((each.code, each.item) == (code, item.key) for each in self.findings):
            return self
        new = Finding(code, Severity.WARNING, message, item.key)
        return replace(self, findings=(*self.findings, new))

    def without_finding(self, code: str, item: Item) -> "Progress":
        """Remove the finding with that code on *item*, because a decision of this run has settled it."""
        rest = tuple(each for each in self.findings if (each.code, each.item) != (code, item.key))
        return replace(self, findings=rest)

    def with_unknown(self, message: str, item: Item, needs: frozenset[str]) -> "Progress":
        """Add what could not be checked: it is printed in this run and gets no notice."""
        new = Finding(UNCHECKED, Severity.INFO, message, item.key)
        return replace(self, findings=(*self.findings, new), needs=self.needs | needs)

    def with_needs(self, needs: frozenset[str]) -> "Progress":
        """Add items whose histories must be read."""
        return replace(self, needs=self.needs | needs)

    def operations_since(self, before: Snapshot) -> Iterator[Relabel | Close | Reopen]:
        """Yield the operations that turn the labels and open flags of *before* into the current ones."""
        for key, item in before.by_key().items():
            after = self.current(item)
            added, removed = sorted(after.labels - item.labels), sorted(item.labels - after.labels)
            delta = LabelDelta(tuple(added), tuple(removed))
            reason = "; ".join(dict.fromkeys(self.reasons.get(key, ())))
            if item.is_open and not after.is_open:
                yield Close(item, delta, reason)
            elif after.is_open and not item.is_open:
                yield Reopen(item, delta, reason)
            elif not delta.is_empty:
                yield Relabel(item, delta, reason)


def _location(item: Item) -> _Location:
    return (item.namespace, item.iid)


def scope_titles(titles: frozenset[str], scope: str) -> list[str]:
    """Return the titles in *scope*, sorted."""
    return sorted(title for title in titles if Label.parse(title).scope == scope)

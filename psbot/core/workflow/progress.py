"""How far an engagement gets in one run: what its items become, why, and what a person should know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from psbot.core.model.facts import Facts
from psbot.core.model.finding import UNCHECKED, Finding, Severity
from psbot.core.model.history import PSBOT, LabelEvent, StateEvent
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.labels import Label, LabelDelta, apply_delta, replace_in_scope
from psbot.core.model.operations import Close, Relabel, Reopen


@dataclass(frozen=True, slots=True)
class Progress:
    """The facts as they are after all that was decided so far; ``reasons`` are by item key.

    ``needs`` are the items whose histories were asked for and not there.
    """

    facts: Facts
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    needs: frozenset[str] = frozenset()

    def current(self, item: Item) -> Item:
        """Return *item* as it is by now."""
        namespace, iid = _location(item)
        # The last of a place, as in a dictionary, which would have to be made for every change.
        return next(
            each
            for each in reversed(self.facts.observed.items)
            if (each.namespace, each.iid) == (namespace, iid)
        )

    def with_item(self, item: Item, reason: str, *events: LabelEvent | StateEvent) -> "Progress":
        """Return the progress after which *item* is as given, by *events* of psbot's."""
        histories = self.facts.histories
        for event in events:
            histories = histories.with_event(event)
        return replace(
            self,
            facts=replace(self.facts, observed=self.facts.observed.with_item(item), histories=histories),
            reasons={**self.reasons, item.key: (*self.reasons.get(item.key, ()), reason)},
        )

    def with_label(self, item: Item, purpose: str, value: str, reason: str) -> "Progress":
        """Return the progress after which *value* is the only label of its scope on *item*."""
        title = self.facts.process.catalogue.title(purpose, value)
        delta = replace_in_scope(item.labels, title)
        events = [LabelEvent(item.key, each, True, PSBOT, self.facts.now) for each in delta.add]
        return self.with_item(replace(item, labels=apply_delta(delta, item.labels)), reason, *events)

    def with_open(self, item: Item, is_open: bool, reason: str) -> "Progress":
        """Return the progress after which *item* is open, or closed."""
        event = StateEvent(item.key, is_open, PSBOT, self.facts.now)
        after = replace(item, is_open=is_open, closed_at=None if is_open else self.facts.now)
        return self.with_item(after, reason, event)

    def with_finding(self, code: str, message: str, item: Item) -> "Progress":
        """Return the progress with one more finding; of one kind an item has one."""
        if any((each.code, each.item) == (code, item.key) for each in self.findings):
            return self
        new = Finding(code, Severity.WARNING, message, item.key)
        return replace(self, findings=(*self.findings, new))

    def without_finding(self, code: str, item: Item) -> "Progress":
        """Return the progress without the finding of that code on *item*: what this run decided has settled it."""
        rest = tuple(each for each in self.findings if (each.code, each.item) != (code, item.key))
        return replace(self, findings=rest)

    def with_unknown(self, message: str, item: Item, needs: frozenset[str]) -> "Progress":
        """Return the progress with what could not be checked: said in this run, and no notice."""
        new = Finding(UNCHECKED, Severity.INFO, message, item.key)
        return replace(self, findings=(*self.findings, new), needs=self.needs | needs)

    def with_needs(self, needs: frozenset[str]) -> "Progress":
        """Return the progress with more histories that were asked for."""
        return replace(self, needs=self.needs | needs)


def operations_between(
    before: Snapshot, after: Snapshot, reasons: Mapping[str, tuple[str, ...]]
) -> Iterator[Relabel | Close | Reopen]:
    """Yield what turns the labels and open flags of *before* into those of *after*."""
    now = _by_location(after)
    for key, item in before.by_key().items():
        became = now[_location(item)]
        delta = LabelDelta(
            tuple(sorted(became.labels - item.labels)), tuple(sorted(item.labels - became.labels))
        )
        reason = "; ".join(dict.fromkeys(reasons.get(key, ())))
        if item.is_open and not became.is_open:
            yield Close(item, delta, reason)
        elif became.is_open and not item.is_open:
            yield Reopen(item, delta, reason)
        elif not delta.is_empty:
            yield Relabel(item, delta, reason)


def _by_location(snapshot: Snapshot) -> dict[tuple[str, int | None], Item]:
    return {_location(item): item for item in snapshot.items}


def _location(item: Item) -> tuple[str, int | None]:
    return (item.namespace, item.iid)


def scope_titles(titles: frozenset[str], scope: str) -> list[str]:
    """Return those of *titles* that belong to *scope*, sorted."""
    return sorted(title for title in titles if Label.parse(title).scope == scope)

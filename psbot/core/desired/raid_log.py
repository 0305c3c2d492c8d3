"""The RAID lists of the engagement log (risks, issues, change requests …), read from items people have created."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from psbot.core.model.engagement import Engagement
from psbot.core.model.item import Item
from psbot.core.model.process import Kind, PlaceKind, Process, Repeat
from psbot.core.text.form import FormField, read_fields
from psbot.core.text.marker import human_text


@dataclass(frozen=True, slots=True)
class RaidEntry:
    """One item in a list: ``standing`` are its label values, ``lines`` its fields, ``missing`` the empty ones."""

    title: str = ""
    url: str | None = None
    is_open: bool = True
    standing: str = ""
    owner: str | None = None
    due_on: date | None = None
    lines: tuple[FormField, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RaidSection:
    """The items of one kind below a heading of the log, open ones first, by severity."""

    heading: str
    items: tuple[RaidEntry, ...]


# The purposes whose label values describe an item, the most important first.
_STATUS_PURPOSES = ("severity", "change", "instrument", "state")


def initial_labels(item: Item, process: Process) -> dict[str, str]:
    """Return, by purpose, the labels that psbot adds to *item* when it adopts it; none once it has a marker."""
    kind = process.kinds.get(item.kind)
    if kind is None or kind.repeat is not Repeat.ON_DEMAND or item.marker is not None or not item.is_open:
        return {}
    catalogue = process.catalogue
    return {
        purpose: value for purpose, value in kind.seeds.items() if not catalogue.values(purpose, item.labels)
    }


def label_value(purpose: str, item: Item, process: Process) -> str | None:
    """Return the value of the label of *item*, or of the one that psbot will add."""
    if purpose not in process.catalogue.scopes:
        return None
    return process.catalogue.value(purpose, item.labels) or initial_labels(item, process).get(purpose)


def parse_raid_entry(item: Item, process: Process) -> RaidEntry:
    """Return *item* as an entry of the log, with the fields that are still missing."""
    kind = process.kinds[item.kind]
    values = read_fields(human_text(item.description), {line: line for line in kind.lines})
    return RaidEntry(
        title=item.title,
        url=item.url,
        is_open=item.is_open,
        standing=", ".join(_status_values(item, process)),
        owner=item.assignee,
        due_on=item.due_on,
        lines=tuple(FormField(line, values.get(line, "")) for line in kind.lines),
        missing=tuple(line for line in kind.lines if line not in values),
    )


def is_exposed_to_customer(item: Item, engagement: Engagement, process: Process) -> bool:
    """Tell whether *item* is of an internal kind but in a place that the customer can read."""
    kind = process.kinds.get(item.kind)
    is_internal = kind is not None and kind.place is PlaceKind.INTERNAL
    return is_internal and not engagement.gitlab.is_hidden_from_customer(
        item.namespace, is_confidential=item.confidential
    )


def empty_entry(kind: Kind) -> RaidEntry:
    """Return an entry of *kind* with no field filled in."""
    return RaidEntry(lines=tuple(map(FormField, kind.lines)), missing=kind.lines)


def _status_values(item: Item, process: Process) -> Iterator[str]:
    for purpose in _STATUS_PURPOSES:
        if value := label_value(purpose, item, process):
            yield value


def build_raid_sections(observed_items: Mapping[str, Item], process: Process) -> tuple[RaidSection, ...]:
    """Return the lists of the log in the order of the kinds, without empty ones."""
    return tuple(
        RaidSection(kind.listed, tuple(parse_raid_entry(item, process) for item in items))
        for kind in process.kinds.values()
        if kind.listed and (items := _sorted_items_of(kind, observed_items, process))
    )


def _sorted_items_of(kind: Kind, observed_items: Mapping[str, Item], process: Process) -> list[Item]:
    items = [item for item in observed_items.values() if item.kind == kind.name]
    return sorted(
        items, key=lambda item: (not item.is_open, severity_rank(item, process), len(item.key), item.key)
    )


def severity_rank(item: Item, process: Process) -> int:
    """Return the rank of the severity label: 0 for the most severe one; items without one come last."""
    scope = process.catalogue.scopes.get("severity")
    values = list(scope.labels) if scope else []
    value = label_value("severity", item, process)
    return values.index(value) if value in values else len(values)

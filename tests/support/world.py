"""An in-memory world for properties of the planner: it does what operations say and knows nothing of plans."""

import itertools
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from psbot.core.model.item import HumanActivity, Item, Snapshot
from psbot.core.model.operations import (
    Close,
    CreateChild,
    CreateEpic,
    CreateLabel,
    Operation,
    PostNotice,
    Reassign,
    Redescribe,
    Relabel,
    Reopen,
    Reschedule,
    Retitle,
)
from psbot.core.text import marker as markers

_iids = itertools.count(1)


def performed(world: Snapshot, operations: Iterable[Operation]) -> Snapshot:
    """Return *world* after *operations*."""
    for operation in operations:
        world = _one(world, operation)
    return world


def _one(world: Snapshot, operation: Operation) -> Snapshot:
    match operation:
        case CreateLabel(spec=spec):
            return replace(world, labels=world.labels | {spec.title})
        case CreateEpic(item=item) | CreateChild(item=item):
            return world.with_item(replace(item, iid=next(_iids), human_activity=HumanActivity.NO))
        case PostNotice():
            return world
    item = next(
        each
        for each in world.items
        if (each.namespace, each.iid) == (operation.item.namespace, operation.item.iid)
    )
    return world.with_item(_changed(item, operation))


def _changed(item: Item, operation: Operation) -> Item:
    match operation:
        case Retitle(after=title):
            return _remembering(replace(item, title=title), title=markers.fingerprint(title))
        case Reschedule(start_on=start_on, due_on=due_on):
            item = replace(item, start_on=start_on, due_on=due_on)
            return _remembering(item, start=_token(start_on), due=_token(due_on))
        case Reassign(after=people):
            return _remembering(replace(item, assignees=people), assignee=",".join(sorted(people)) or "-")
        case Redescribe(sections=sections, marker=marker, memory=memory):
            text = markers.with_marker(item.description, _read(marker)) if marker else item.description
            for name, section in sections.items():
                text = markers.with_section(text, name, section)
            return _remembering(replace(item, description=text), **memory)
        case Relabel(delta=delta) | Close(delta=delta) | Reopen(delta=delta):
            labels = (item.labels - set(delta.remove)) | set(delta.add)
            is_open = item.is_open if isinstance(operation, Relabel) else isinstance(operation, Reopen)
            return replace(item, labels=frozenset(labels), is_open=is_open)
    raise AssertionError(operation)


def _read(line: str) -> markers.Marker:
    note = markers.parse_marker(f"{line}\n")
    assert note is not None
    return note


def _token(day: date | None) -> str:
    return day.isoformat() if day else "-"


def _remembering(item: Item, **memory: str) -> Item:
    marker = item.marker
    assert marker is not None
    return replace(item, description=markers.with_marker(item.description, marker.with_memory(memory)))

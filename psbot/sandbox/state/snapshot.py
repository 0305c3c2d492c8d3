"""The state as plain data, to compare the results of two histories."""

from collections.abc import Iterable
from typing import Any

from psbot.sandbox.state.dates import due_of, start_of
from psbot.sandbox.state.model import Note, WorkItem
from psbot.sandbox.state.world import World

Data = dict[str, Any]


def canonical_state(world: World, *, with_events: bool = False) -> Data:
    """Return the state without IDs, IIDs and times, in a stable order, so that equal results compare equal.

    References in text (``#12``) stay as written. With *with_events*, system notes and
    label and state events are included.
    """
    return {
        "labels": sorted(
            [label.namespace.full_path, label.title, label.color, label.description]
            for label in world.labels.values()
        ),
        "items": sorted((_item(one, with_events=with_events) for one in world.items.values()), key=_order),
        "notifications": sorted([one.username, one.reason, one.title] for one in world.notifications)
        if with_events
        else [],
    }


def _order(data: Data) -> tuple[str, str, str]:
    return data["namespace"], data["title"], repr(data)


def _item(item: WorkItem, *, with_events: bool) -> Data:
    start, due = start_of(item), due_of(item)
    data: Data = {
        "namespace": item.namespace.full_path,
        "type": item.type.value,
        "title": item.title,
        "description": item.description,
        "state": item.state,
        "author": item.author.username,
        "confidential": item.confidential,
        "locked": item.is_locked,
        "labels": sorted(label.title for label in item.labels),
        "assignees": sorted(user.username for user in item.assignees),
        "start": start and start.isoformat(),
        "due": due and due.isoformat(),
        "parent": [item.parent.namespace.full_path, item.parent.title] if item.parent else None,
        "links": sorted((link.target if link.source is item else link.source).title for link in item.links),
        "moved_to": item.moved_to.namespace.full_path if item.moved_to else None,
        "notes": _notes(note for note in item.notes if not note.is_system),
    }
    if with_events:
        data["system_notes"] = _notes(note for note in item.notes if note.is_system and not note.is_synthetic)
        data["label_events"] = [[one.action, one.label.title, one.user.username] for one in item.label_events]
        data["state_events"] = [[one.state, one.user.username] for one in item.state_events]
    return data


def _notes(notes: Iterable[Note]) -> list[list[Any]]:
    return [[note.author.username, note.body, note.is_internal] for note in notes]

"""All operations on one item become one update, with the memory in its marker."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from psbot.core.model.item import Item
from psbot.core.model.labels import LabelDelta
from psbot.core.model.operations import (
    Close,
    CreateChild,
    CreateEpic,
    ItemOperation,
    Reassign,
    Redescribe,
    Relabel,
    Reopen,
    Reschedule,
    Retitle,
)
from psbot.core.model.work_item import WorkItem, to_item
from psbot.core.records import ownership
from psbot.core.text import marker
from psbot.gitlab.values import Dates, ItemUpdate, NewItem

_DUPLICATE = "duplicate-of"


class MissingId(KeyError):
    """A label, account, project or epic that a write needs has no id in GitLab; the message names it."""


@dataclass(slots=True)
class IdLookup:
    """Global ids of labels by title, of item types by path, of accounts by username; grows as labels are created."""

    labels: dict[str, str] = field(default_factory=dict)
    item_types: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    epic: str | None = None

    def label_gids(self, titles: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of labels, sorted by title."""
        return tuple(_require_id(self.labels, title, "label") for title in sorted(titles))

    def account_gids(self, usernames: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of accounts."""
        return tuple(_require_id(self.accounts, name, "user") for name in usernames)


def _require_id(ids: Mapping[str, str], name: str, what: str) -> str:
    if name not in ids:
        raise MissingId(f"the {what} {name} does not exist")
    return ids[name]


def build_new_item(operation: CreateEpic | CreateChild, ids: IdLookup) -> NewItem:
    """Return the work item to create; raises MissingId where a label, an account or the epic is missing."""
    item = operation.item
    stands_alone = item.is_epic or item.is_detached
    if not stands_alone and ids.epic is None:
        raise MissingId("the epic does not exist")
    return NewItem(
        namespace=item.namespace,
        item_type_gid=_require_id(ids.item_types, item.namespace, "group or project"),
        title=item.title,
        description=item.description,
        labels=ids.label_gids(item.labels),
        assignees=ids.account_gids(item.assignees),
        start_on=item.start_on,
        due_on=item.due_on,
        confidential=item.confidential,
        parent=None if stands_alone else ids.epic,
        is_epic=item.is_epic,
        related=_related_gids(operation),
    )


def _related_gids(operation: CreateEpic | CreateChild) -> tuple[str, ...]:
    related = operation.linked if isinstance(operation, CreateChild) else ()
    return tuple(each.gid for each in related if each.gid)


def has_changed(operations: Sequence[ItemOperation], now: WorkItem) -> bool:
    """Tell whether any field that psbot compares has changed since the item was observed.

    An item that is to be closed because nobody has worked on it must not have been updated otherwise either; whether
    it has a new note is for its notes to tell: GitLab moves ``updated_at`` with a note only after a minute (GitLab,
    app/models/concerns/throttled_touch.rb@4555e1b2).
    """
    item = operations[0].item
    is_close = any(isinstance(each, Close) for each in operations)
    if is_close and not item.is_epic and item.updated_at != now.updated_at:
        return True
    seen, found = (
        (
            each.title,
            each.description,
            each.labels,
            sorted(each.assignees),
            each.start_on,
            each.due_on,
            each.is_open,
        )
        for each in (item, to_item(now))
    )
    return seen != found


def note_count_if_closed(operations: Sequence[ItemOperation]) -> int | None:
    """Return how many notes an item had when it was found that nobody worked on it; None unless it is to be closed."""
    return next((each.item.note_count for each in operations if isinstance(each, Close)), None)


def build_update(operations: Sequence[ItemOperation], now: WorkItem, ids: IdLookup) -> ItemUpdate:
    """Return one update with all *operations* on an item as it is *now*; raises MissingId.

    The marker remembers exactly the fields that are written; labels are sent as a delta, and a label that the item
    no longer has is not removed again.
    """
    merged = reduce(lambda found, each: _add_operation(found, each, ids), operations, ItemUpdate(now.gid))
    deltas = [each.delta for each in operations if isinstance(each, Relabel | Close | Reopen)]
    delta = LabelDelta(
        tuple({title for each in deltas for title in each.add}),
        tuple({title for each in deltas for title in each.remove}),
    )
    description = _new_description(operations, now)
    return replace(
        merged,
        description=None if description == now.description else description,
        add_labels=ids.label_gids(delta.add),
        remove_labels=tuple(
            now.label_gids[title] for title in sorted(delta.remove) if title in now.label_gids
        ),
    )


def _add_operation(found: ItemUpdate, operation: ItemOperation, ids: IdLookup) -> ItemUpdate:
    match operation:
        case Retitle(after=title):
            return replace(found, title=title)
        case Reschedule(item=item, start_on=start_on, due_on=due_on):
            return replace(found, dates=Dates(start_on, due_on, item.is_epic))
        case Reassign(after=people):
            return replace(found, assignees=ids.account_gids(people))
        case Redescribe(parent=parent):
            return replace(found, parent=parent or found.parent)
        case Close():
            return replace(found, is_open=False)
        case Reopen():
            return replace(found, is_open=True)
        case _:
            return found


def _new_description(operations: Sequence[ItemOperation], now: WorkItem) -> str:
    """Return the description after *operations*: sections, marker and memory; the text of people stays."""
    text = now.description
    for operation in operations:
        match operation:
            case Redescribe():
                text = operation.apply_to(text)
            case Close(duplicate_of=Item() as kept):
                text = marker.with_section(text, _DUPLICATE, f"{kept.reference}\n")
            case _:
                pass
    found = marker.parse_marker(text)
    return marker.with_marker(text, found.with_memory(_field_memory(operations))) if found else text


def _field_memory(operations: Sequence[ItemOperation]) -> dict[str, str]:
    memory: dict[str, str] = {}
    for operation in operations:
        match operation:
            case Retitle(item=item, after=title):
                memory |= _tokens(replace(item, title=title), {"title"})
            case Reassign(item=item, after=people):
                memory |= _tokens(replace(item, assignees=people), {"assignee"})
            case Reschedule(item=item, start_on=start_on, due_on=due_on):
                after = replace(item, start_on=start_on, due_on=due_on)
                written = {
                    name for name in ("start_on", "due_on") if getattr(after, name) != getattr(item, name)
                }
                memory |= _tokens(after, written)
            case _:
                pass
    return memory


def _tokens(item: Item, fields: set[str]) -> dict[str, str]:
    return {key: token(item) for name, (key, token) in ownership.FIELD_TOKENS.items() if name in fields}

"""Filtered and sorted lists of work items, cached until the next write."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from psbot.sandbox.rules import access
from psbot.sandbox.rules.hierarchy import descendants
from psbot.sandbox.state import dates
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.model import ItemType, WorkItem
from psbot.sandbox.state.world import World


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """The conditions of a list; None means no condition. All labels must match; ``scope::*`` is a wildcard."""

    types: frozenset[ItemType] | None = None
    labels: tuple[str, ...] | None = None
    no_labels: tuple[str, ...] = ()
    any_labels: tuple[str, ...] | None = None
    parents: frozenset[int] | None = None
    not_parents: frozenset[int] = frozenset()
    has_parent: bool | None = None
    with_grandchildren: bool = False
    iids: frozenset[int] | None = None
    ids: frozenset[int] | None = None
    is_open: bool | None = None
    authors: frozenset[str] | None = None
    not_authors: frozenset[str] = frozenset()
    assignees: frozenset[str] | None = None
    any_assignees: frozenset[str] | None = None
    not_assignees: frozenset[str] = frozenset()
    not_types: frozenset[ItemType] = frozenset()
    has_assignee: bool | None = None
    confidential: bool | None = None
    milestones: frozenset[str] | None = None
    search: str | None = None
    search_in: frozenset[str] = frozenset({"title", "description"})
    ranges: tuple[tuple[str, datetime | None, datetime | None], ...] = ()
    due: tuple[date | None, date | None] | None = None


@dataclass(frozen=True, slots=True)
class ListScope:
    """The namespaces that a list covers."""

    namespaces: tuple[Namespace, ...] = field(default_factory=tuple)


def _nulls_last(value: date | datetime | None) -> tuple[bool, object]:
    return (value is None, value or 0)


SORT_KEYS: dict[str, Callable[[WorkItem], object]] = {
    "created": lambda item: item.created_at,
    "updated": lambda item: item.updated_at,
    "closed_at": lambda item: _nulls_last(item.closed_at),
    "title": lambda item: item.title.lower(),
    "due_date": lambda item: _nulls_last(dates.due_of(item)),
    "start_date": lambda item: _nulls_last(dates.start_of(item)),
    "weight": lambda item: (item.weight is None, item.weight or 0),
    "relative_position": lambda item: item.id,
}


def list_items(
    world: World,
    user: User | None,
    scope: ListScope,
    item_filter: ItemFilter,
    order: str = "created",
    *,
    descending: bool = True,
) -> Sequence[WorkItem]:
    """Return the matching items that the user may see, sorted; ties by ID."""
    key = ("listed", user.id if user else 0, scope, item_filter, order, descending)
    known = world.cache.get(key)
    if known is None:
        sort = SORT_KEYS[order]
        found = [
            item
            for item in _candidates(world, scope, item_filter)
            if _matches(world, item, item_filter) and access.can_read(world, user, item)
        ]
        found.sort(key=lambda item: (sort(item), item.id), reverse=descending)
        known = world.cache[key] = found
    return known  # type: ignore[return-value]


def _candidates(world: World, scope: ListScope, item_filter: ItemFilter) -> Iterator[WorkItem]:
    """Yield the items of *scope* from the smallest index that the filter allows."""
    inside = {namespace.namespace_id for namespace in scope.namespaces}
    narrow = _smallest_index(world, item_filter)
    if narrow is None:
        for namespace in scope.namespaces:
            yield from world.items_of[namespace.namespace_id].values()
        return
    yield from (item for item in narrow if item.namespace.namespace_id in inside)


def _smallest_index(world: World, item_filter: ItemFilter) -> Iterable[WorkItem] | None:
    if item_filter.ids is not None:
        return [world.items[number] for number in item_filter.ids if number in world.items]
    if item_filter.parents is not None:
        return _children(world, item_filter)
    plain = [
        title
        for title in item_filter.labels or ()
        if not _is_scope_wildcard(world, title) and title not in _LABEL_WILDCARDS
    ]
    if not plain:
        return None
    by_title = [
        [item for label in world.labels_with_title(title) for item in world.items_by_label[label.id].values()]
        for title in plain
    ]
    return min(by_title, key=len)


def _children(world: World, item_filter: ItemFilter) -> list[WorkItem]:
    found: dict[int, WorkItem] = {}
    for number in item_filter.parents or ():
        parent = world.items.get(number)
        if parent is not None:
            below = descendants(parent) if item_filter.with_grandchildren else parent.children
            found |= {item.id: item for item in below}
    return list(found.values())


_LABEL_WILDCARDS = frozenset({"None", "Any", "none", "any"})


def _is_scope_wildcard(world: World, title: str) -> bool:
    return title.endswith("::*") and world.has_epics


def _has_label(world: World, item: WorkItem, title: str) -> bool:
    if title in _LABEL_WILDCARDS:
        return bool(item.labels) is (title.lower() == "any")
    if _is_scope_wildcard(world, title):
        return any(label.scope == title[:-3] for label in item.labels)
    return any(label.title == title for label in item.labels)


def _matches(world: World, item: WorkItem, item_filter: ItemFilter) -> bool:
    return (
        _matches_kind(item, item_filter)
        and _matches_labels(world, item, item_filter)
        and _matches_parents(item, item_filter)
        and _matches_people(item, item_filter)
        and _matches_text(item, item_filter)
        and _matches_times(item, item_filter)
    )


def _matches_kind(item: WorkItem, item_filter: ItemFilter) -> bool:
    return (
        (item_filter.types is None or item.type in item_filter.types)
        and item.type not in item_filter.not_types
        and (item_filter.is_open is None or item.is_open is item_filter.is_open)
        and (item_filter.iids is None or item.iid in item_filter.iids)
        and (item_filter.ids is None or item.id in item_filter.ids)
        and (item_filter.confidential is None or item.confidential is item_filter.confidential)
        and (
            item_filter.milestones is None
            or (item.milestone is not None and item.milestone.title in item_filter.milestones)
        )
    )


def _matches_labels(world: World, item: WorkItem, item_filter: ItemFilter) -> bool:
    return (
        all(_has_label(world, item, title) for title in item_filter.labels or ())
        and not any(_has_label(world, item, title) for title in item_filter.no_labels)
        and (
            item_filter.any_labels is None
            or any(_has_label(world, item, title) for title in item_filter.any_labels)
        )
    )


def _matches_parents(item: WorkItem, item_filter: ItemFilter) -> bool:
    if item_filter.has_parent is not None and (item.parent is not None) is not item_filter.has_parent:
        return False
    return item.parent is None or item.parent.id not in item_filter.not_parents


def _matches_people(item: WorkItem, item_filter: ItemFilter) -> bool:
    author = item.author.username.lower()
    assigned = {user.username.lower() for user in item.assignees}
    return (
        (item_filter.authors is None or author in item_filter.authors)
        and author not in item_filter.not_authors
        and (item_filter.assignees is None or item_filter.assignees <= assigned)
        and (item_filter.any_assignees is None or bool(item_filter.any_assignees & assigned))
        and not (item_filter.not_assignees & assigned)
        and (item_filter.has_assignee is None or bool(assigned) is item_filter.has_assignee)
    )


def _matches_text(item: WorkItem, item_filter: ItemFilter) -> bool:
    if not item_filter.search:
        return True
    texts = [
        text
        for name, text in (("title", item.title), ("description", item.description))
        if name in item_filter.search_in
    ]
    words = item_filter.search.lower().split()
    return all(any(word in text.lower() for text in texts) for word in words)


def _matches_times(item: WorkItem, item_filter: ItemFilter) -> bool:
    for name, after, before in item_filter.ranges:
        value: datetime | None = getattr(item, name)
        if value is None or (after and value < after) or (before and value > before):
            return False
    if item_filter.due is None:
        return True
    due, (first, last) = dates.due_of(item), item_filter.due
    return due is not None and (first is None or due >= first) and (last is None or due <= last)


def list_scope(
    world: World,
    user: User | None,
    namespace: Namespace,
    *,
    descendants: bool = False,
    ancestors: bool = False,
) -> ListScope:
    """Return the namespaces that a list of *namespace* covers and the user may see."""
    below = list(world.subtree(namespace)) if descendants else [namespace]
    above = namespace.self_and_ancestors[1:] if ancestors else []
    return ListScope(tuple(ns for ns in [*below, *above] if access.is_readable(world, user, ns)))

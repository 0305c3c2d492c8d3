"""Turns the arguments of ``workItems`` into a filter and a sort order."""

from collections.abc import Iterable, Mapping
from typing import Any

from psbot.sandbox.rules.listing import SORT_KEYS, ItemFilter
from psbot.sandbox.state.model import ItemType

_RANGES = {"created_at": "created", "updated_at": "updated", "closed_at": "closed"}


def _types(names: Iterable[str] | None) -> frozenset[ItemType] | None:
    known = {one.value for one in ItemType}
    return None if names is None else frozenset(ItemType(name) for name in names if name in known)


def _numbers(ids: Iterable[str] | None) -> frozenset[int] | None:
    return None if ids is None else frozenset(int(number) for number in ids if str(number).isdigit())


def _names(names: Iterable[str] | str | None) -> frozenset[str] | None:
    if names is None:
        return None
    listed = [names] if isinstance(names, str) else names
    return frozenset(name.lower() for name in listed)


def _wildcard(arguments: Mapping[str, Any], name: str) -> bool | None:
    return {"NONE": False, "ANY": True}.get(arguments.get(name) or "")


def parse_filter(arguments: Mapping[str, Any]) -> ItemFilter:
    """Return the filter for the arguments of ``workItems``."""
    negated: Mapping[str, Any] = arguments.get("not") or {}
    any_of: Mapping[str, Any] = arguments.get("or") or {}
    labels = arguments.get("labelName")
    iids = [*(arguments.get("iids") or []), *([arguments["iid"]] if arguments.get("iid") else [])]
    return ItemFilter(
        types=_types(arguments.get("types")),
        labels=None if labels is None else tuple(labels),
        no_labels=tuple(negated.get("labelName") or ()),
        any_labels=tuple(any_of["labelNames"]) if any_of.get("labelNames") is not None else None,
        # An empty list of parents does not filter, like GitLab's other list arguments.
        parents=_numbers(arguments.get("parentIds") or None),
        not_parents=_numbers(negated.get("parentIds")) or frozenset(),
        has_parent=_wildcard(arguments, "parentWildcardId"),
        with_grandchildren=bool(arguments.get("includeDescendantWorkItems")),
        iids=_numbers(iids or None),
        ids=_numbers(arguments.get("ids") or None),
        is_open={"opened": True, "closed": False}.get(arguments.get("state") or "all"),
        authors=_names(any_of.get("authorUsernames")) or _names(arguments.get("authorUsername")),
        not_authors=_names(negated.get("authorUsername")) or frozenset(),
        assignees=_names(arguments.get("assigneeUsernames")),
        any_assignees=_names(any_of.get("assigneeUsernames")),
        not_assignees=_names(negated.get("assigneeUsernames")) or frozenset(),
        not_types=_types(negated.get("types")) or frozenset(),
        has_assignee=_wildcard(arguments, "assigneeWildcardId"),
        confidential=arguments.get("confidential"),
        milestones=frozenset(arguments["milestoneTitle"]) if arguments.get("milestoneTitle") else None,
        search=arguments.get("search"),
        search_in=frozenset(name.lower() for name in arguments.get("in") or ("TITLE", "DESCRIPTION")),
        ranges=_ranges(arguments),
        due=_due(arguments),
    )


def _ranges(arguments: Mapping[str, Any]) -> tuple[tuple[str, Any, Any], ...]:
    found = (
        (field, arguments.get(f"{name}After"), arguments.get(f"{name}Before"))
        for field, name in _RANGES.items()
    )
    return tuple(one for one in found if one[1] or one[2])


def _due(arguments: Mapping[str, Any]) -> tuple[Any, Any] | None:
    after, before = arguments.get("dueAfter"), arguments.get("dueBefore")
    return (after and after.date(), before and before.date()) if after or before else None


def parse_order(sort: str | None) -> tuple[str, bool]:
    """Return the sort key and whether it is descending; by default the newest come first."""
    name, _, direction = (sort or "CREATED_DESC").lower().rpartition("_")
    return (name if name in SORT_KEYS else "created"), direction == "desc"

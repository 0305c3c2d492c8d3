"""Turns the parameters of issue and epic lists into a filter and a sort order."""

from datetime import datetime

from psbot.sandbox.rest_api.call import Call, nested_list
from psbot.sandbox.rules.listing import SORT_KEYS, ItemFilter
from psbot.sandbox.state.model import ItemType

_RANGES = {"created_at": "created", "updated_at": "updated"}


def _parse_types(call: Call) -> frozenset[ItemType]:
    wanted = call.text("issue_type")
    every = frozenset(one for one in ItemType if one is not ItemType.EPIC)
    return frozenset(one for one in every if wanted is None or one.value == wanted.upper())


def _parse_people(call: Call, role: str) -> frozenset[str] | None:
    names = call.list_of(f"{role}_username")
    number = call.number(f"{role}_id") if (call.text(f"{role}_id") or "").isdigit() else None
    if names is None and number is None:
        return None
    by_number = call.world.user_by_id(number) if number is not None else None
    return frozenset(name.lower() for name in [*(names or []), *([by_number.username] if by_number else [])])


def _parse_authors(call: Call) -> frozenset[str] | None:
    is_global = call.path.endswith("/v4/issues")
    scope = call.text("scope") or ("created_by_me" if is_global else "all")
    return (
        frozenset({call.user.username.lower()}) if scope == "created_by_me" else _parse_people(call, "author")
    )


def parse_filter(call: Call, types: frozenset[ItemType] | None = None) -> ItemFilter:
    """Return the filter for a list of issues, or of items of *types*."""
    iids = call.list_of("iids")
    milestone = call.text("milestone")
    assignee = {"None": False, "Any": True}.get(call.text("assignee_id") or "")
    search_fields = (call.text("in") or "title,description").split(",")
    own_username = frozenset({call.user.username.lower()}) if call.text("scope") == "assigned_to_me" else None
    return ItemFilter(
        types=types or _parse_types(call),
        labels=tuple(call.list_of("labels") or ()) or None,
        no_labels=tuple(nested_list(call.parameters, "not", "labels")),
        iids=None if iids is None else frozenset(int(one) for one in iids if one.isdigit()),
        is_open={"opened": True, "closed": False}.get(call.text("state") or "all"),
        authors=_parse_authors(call),
        assignees=own_username or _parse_people(call, "assignee"),
        has_assignee=assignee,
        confidential=call.flag("confidential"),
        milestones=frozenset({milestone}) if milestone else None,
        search=call.text("search"),
        search_in=frozenset(search_fields),
        ranges=_parse_ranges(call),
        parents=_parse_epics(call),
    )


def _parse_ranges(call: Call) -> tuple[tuple[str, datetime | None, datetime | None], ...]:
    found = (
        (field, call.timestamp(f"{name}_after"), call.timestamp(f"{name}_before"))
        for field, name in _RANGES.items()
    )
    return tuple(one for one in found if one[1] or one[2])


def _parse_epics(call: Call) -> frozenset[int] | None:
    number = call.number("epic_id") if (call.text("epic_id") or "").isdigit() else None
    if number is None:
        return None
    return frozenset(
        item.id for item in call.world.items.values() if item.is_epic and item.legacy_id == number
    )


def parse_order(call: Call) -> tuple[str, bool]:
    """Return the sort key and whether it is descending; by default the newest come first."""
    name = (call.text("order_by") or "created_at").removesuffix("_at")
    return (name if name in SORT_KEYS else "created"), (call.text("sort") or "desc") == "desc"

"""Turns mutation inputs into item changes."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import GraphQLError

from psbot.sandbox.graphql_api.context import RequestContext, unavailable
from psbot.sandbox.graphql_api.widget_types import supported_widgets
from psbot.sandbox.rules import access
from psbot.sandbox.rules.item_changes import UNSET, ItemChange, Unset, parse_duration
from psbot.sandbox.rules.labels import validate_color
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.labels import Label, Milestone
from psbot.sandbox.state.model import TYPE_NAMES, ItemType, WorkItem

# The widget that each input field belongs to.
_WIDGETS = {
    "assigneesWidget": "ASSIGNEES",
    "descriptionWidget": "DESCRIPTION",
    "milestoneWidget": "MILESTONE",
    "hierarchyWidget": "HIERARCHY",
    "labelsWidget": "LABELS",
    "linkedItemsWidget": "LINKED_ITEMS",
    "notesWidget": "NOTES",
    "startAndDueDateWidget": "START_AND_DUE_DATE",
    "timeTrackingWidget": "TIME_TRACKING",
    "weightWidget": "WEIGHT",
    "colorWidget": "COLOR",
}


def require_supported_widgets(ctx: RequestContext, type_: ItemType, data: Mapping[str, Any]) -> None:
    """Raise the top-level error for the input of a widget that items of *type_* do not have.

    GitLab, app/graphql/mutations/concerns/mutations/work_items/widgetable.rb@425a28df.
    """
    supported = supported_widgets(ctx.world, type_)
    unsupported = [name for name in data if name in _WIDGETS and _WIDGETS[name] not in supported]
    if unsupported:
        keys = ", ".join(f":{_snake_case(name)}" for name in unsupported)
        raise GraphQLError(f"Following widget keys are not supported by {TYPE_NAMES[type_]} type: [{keys}]")


def _snake_case(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def visible_item(ctx: RequestContext, number: object) -> WorkItem:
    """Return the item with that ID. Raises the top-level error if it is missing or hidden."""
    item = ctx.world.items.get(int(str(number)))
    if item is None or not access.can_read(ctx.world, ctx.user, item):
        raise unavailable()
    return item


def visible_labels(ctx: RequestContext, namespace: Namespace, numbers: Iterable[str]) -> tuple[Label, ...]:
    """Return the labels that *namespace* can use, in the given order; others are dropped silently."""
    places = {one.namespace_id for one in namespace.self_and_ancestors}
    found = (ctx.world.labels.get(int(number)) for number in numbers)
    return tuple(label for label in found if label and label.namespace.namespace_id in places)


def find_users(ctx: RequestContext, numbers: Iterable[str]) -> tuple[User, ...]:
    """Return users by ID; unknown ones are dropped silently."""
    found = (ctx.world.user_by_id(int(number)) for number in numbers)
    return tuple(user for user in found if user)


def parse_change(ctx: RequestContext, namespace: Namespace, data: Mapping[str, Any]) -> ItemChange:
    """Return the change that the input of a create or update mutation describes."""
    labels: Mapping[str, Any] = data.get("labelsWidget") or {}
    dates: Mapping[str, Any] = data.get("startAndDueDateWidget") or {}
    time: Mapping[str, Any] = data.get("timeTrackingWidget") or {}
    described: Mapping[str, Any] = data.get("descriptionWidget") or {}
    assignees = data.get("assigneesWidget")
    return ItemChange(
        title=data.get("title"),
        description=described.get("description", data.get("description")),
        is_open={"CLOSE": False, "REOPEN": True}.get(data.get("stateEvent") or ""),
        confidential=data.get("confidential"),
        is_locked=(data.get("notesWidget") or {}).get("discussionLocked"),
        add_labels=visible_labels(ctx, namespace, labels.get("addLabelIds") or labels.get("labelIds") or ()),
        remove_labels=visible_labels(ctx, namespace, labels.get("removeLabelIds") or ()),
        assignees=None if assignees is None else find_users(ctx, assignees["assigneeIds"]),
        start_on=dates.get("startDate", UNSET),
        due_on=dates.get("dueDate", UNSET),
        has_fixed_dates=dates.get("isFixed"),
        parent=_parse_parent(ctx, data.get("hierarchyWidget") or {}),
        milestone=_parse_milestone(ctx, data.get("milestoneWidget")),
        weight=data["weightWidget"].get("weight") if data.get("weightWidget") else UNSET,
        estimate_seconds=_parse_estimate(time.get("timeEstimate")),
        spend_seconds=_parse_time_spent(time.get("timelog")),
    )


def _parse_parent(ctx: RequestContext, data: Mapping[str, Any]) -> WorkItem | Unset | None:
    if "parentId" not in data:
        return UNSET
    return None if data["parentId"] is None else visible_item(ctx, data["parentId"])


def _parse_milestone(ctx: RequestContext, data: Mapping[str, Any] | None) -> Milestone | Unset | None:
    if not data or "milestoneId" not in data:
        return UNSET
    number = data["milestoneId"]
    return None if number is None else ctx.world.milestones.get(int(number))


def _parse_estimate(text: str | None) -> int | None:
    if text is None:
        return None
    seconds = parse_duration(text) if text not in ("", "0") else 0
    if seconds is None or seconds < 0:
        raise GraphQLError("Time estimate must be formatted correctly, for example `1h 30m`")
    return seconds


def _parse_time_spent(data: Mapping[str, Any] | None) -> tuple[int, ...]:
    if not data:
        return ()
    seconds = parse_duration(data["timeSpent"])
    if seconds is None:
        raise GraphQLError("Time spent must be formatted correctly, for example `1h 30m`")
    return (seconds,)


def set_color(item: WorkItem, data: Mapping[str, Any]) -> None:
    """Set the colour of an epic if the input has one."""
    if data.get("colorWidget"):
        item.color = validate_color(data["colorWidget"]["color"])

"""Mutation inputs as changes of items."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import GraphQLError

from psbot.sandbox.graphql_api.context import Context, unavailable
from psbot.sandbox.graphql_api.widgets import carried
from psbot.sandbox.rules import access
from psbot.sandbox.rules.item_changes import UNSET, Change, Unset, parse_duration
from psbot.sandbox.rules.labels import checked_color
from psbot.sandbox.rules.refusals import Invalid
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.labels import Label, Milestone
from psbot.sandbox.state.model import ItemType, WorkItem
from psbot.sandbox.state.world import TYPE_NAMES

# The input fields that belong to a widget, and the widget.
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


def require_carried(asked: Context, type_: ItemType, data: Mapping[str, Any]) -> None:
    """Raise Invalid for a widget input that items of *type_* do not carry."""
    known = carried(asked.world, type_)
    foreign = [name for name in data if name in _WIDGETS and _WIDGETS[name] not in known]
    if foreign:
        keys = ", ".join(f":{_snake(name)}" for name in foreign)
        raise Invalid(f"Following widget keys are not supported by {TYPE_NAMES[type_]} type: [{keys}]")


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def visible_item(asked: Context, number: object) -> WorkItem:
    """Return the item of that id; the top-level error for what is not there or not visible."""
    item = asked.world.items.get(int(str(number)))
    if item is None or not access.can_read(asked.world, asked.user, item):
        raise unavailable()
    return item


def visible_labels(asked: Context, namespace: Namespace, numbers: Iterable[str]) -> tuple[Label, ...]:
    """Return the labels that *namespace* can use, in the order given; others are dropped without a word."""
    places = {one.namespace_id for one in namespace.lineage}
    found = (asked.world.labels.get(int(number)) for number in numbers)
    return tuple(label for label in found if label and label.namespace.namespace_id in places)


def people(asked: Context, numbers: Iterable[str]) -> tuple[User, ...]:
    """Return accounts by id; unknown ones are dropped without a word."""
    found = (asked.world.user_by_id(int(number)) for number in numbers)
    return tuple(user for user in found if user)


def change_of(asked: Context, namespace: Namespace, data: Mapping[str, Any]) -> Change:
    """Return what the input of a create or update mutation wants changed."""
    labels: Mapping[str, Any] = data.get("labelsWidget") or {}
    dates: Mapping[str, Any] = data.get("startAndDueDateWidget") or {}
    time: Mapping[str, Any] = data.get("timeTrackingWidget") or {}
    described: Mapping[str, Any] = data.get("descriptionWidget") or {}
    assignees = data.get("assigneesWidget")
    return Change(
        title=data.get("title"),
        description=described.get("description", data.get("description")),
        is_open={"CLOSE": False, "REOPEN": True}.get(data.get("stateEvent") or ""),
        confidential=data.get("confidential"),
        is_locked=(data.get("notesWidget") or {}).get("discussionLocked"),
        add_labels=visible_labels(
            asked, namespace, labels.get("addLabelIds") or labels.get("labelIds") or ()
        ),
        remove_labels=visible_labels(asked, namespace, labels.get("removeLabelIds") or ()),
        assignees=None if assignees is None else people(asked, assignees["assigneeIds"]),
        start_on=dates.get("startDate", UNSET),
        due_on=dates.get("dueDate", UNSET),
        has_fixed_dates=dates.get("isFixed"),
        parent=_parent(asked, data.get("hierarchyWidget") or {}),
        milestone=_milestone(asked, data.get("milestoneWidget")),
        weight=data["weightWidget"].get("weight") if data.get("weightWidget") else UNSET,
        estimate_seconds=_seconds(time.get("timeEstimate")),
        spend_seconds=_spent(time.get("timelog")),
    )


def _parent(asked: Context, data: Mapping[str, Any]) -> WorkItem | Unset | None:
    if "parentId" not in data:
        return UNSET
    return None if data["parentId"] is None else visible_item(asked, data["parentId"])


def _milestone(asked: Context, data: Mapping[str, Any] | None) -> Milestone | Unset | None:
    if not data or "milestoneId" not in data:
        return UNSET
    number = data["milestoneId"]
    return None if number is None else asked.world.milestones.get(int(number))


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    seconds = parse_duration(text) if text not in ("", "0") else 0
    if seconds is None or seconds < 0:
        raise GraphQLError("Time estimate must be formatted correctly, for example `1h 30m`")
    return seconds


def _spent(data: Mapping[str, Any] | None) -> tuple[int, ...]:
    if not data:
        return ()
    seconds = parse_duration(data["timeSpent"])
    if seconds is None:
        raise GraphQLError("Time spent must be formatted correctly, for example `1h 30m`")
    return (seconds,)


def set_color(item: WorkItem, data: Mapping[str, Any]) -> None:
    """Write the colour of an epic, where the input has one."""
    if data.get("colorWidget"):
        item.color = checked_color(data["colorWidget"]["color"])

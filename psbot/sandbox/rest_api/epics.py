"""Handlers for epics in the legacy epics API; their notes and events are found by the epic's own ID."""

from typing import Any

from psbot.sandbox.rest_api.call import Call, RestResponse
from psbot.sandbox.rest_api.entities import epic_entity, issue_entity
from psbot.sandbox.rest_api.filters import parse_filter, parse_order
from psbot.sandbox.rest_api.paging import paginate
from psbot.sandbox.rules import access, items, moves
from psbot.sandbox.rules.hierarchy import set_parent
from psbot.sandbox.rules.item_changes import UNSET, ItemChange, Unset
from psbot.sandbox.rules.labels import validate_color
from psbot.sandbox.rules.listing import list_items, list_scope
from psbot.sandbox.rules.refusals import Forbidden, NotFound
from psbot.sandbox.state.accounts import Namespace
from psbot.sandbox.state.labels import Label
from psbot.sandbox.state.model import ItemType, WorkItem

# The association between an epic and an issue has an ID of its own.
_ASSOCIATION_ID_OFFSET = 10_000


def _find_group(call: Call) -> Namespace:
    found = call.namespace(is_group=True)
    if not call.world.has_epics:
        raise Forbidden("403 Forbidden")
    return found


def epic_by_iid(call: Call) -> WorkItem:
    """Return the epic with the IID in the path."""
    item = call.item(_find_group(call), call.path_parameters["epic_iid"])
    if not item.is_epic:
        raise NotFound("404 Not found")
    return item


def epic_by_id(call: Call) -> WorkItem:
    """Return the epic with the ID in the path, which is not its IID."""
    group = _find_group(call)
    epics = (one for one in call.world.items_of[group.namespace_id].values() if one.is_epic)
    found = next((one for one in epics if str(one.legacy_id) == call.path_parameters["epic_id"]), None)
    if found is None or not access.can_read(call.world, call.viewer, found):
        raise NotFound("404 Not found")
    return found


def list_epics(call: Call) -> RestResponse:
    """Return the epics of a group and, by default, of its subgroups."""
    group = _find_group(call)
    below = call.flag("include_descendant_groups") is not False
    above = bool(call.flag("include_ancestor_groups"))
    scope = list_scope(call.world, call.viewer, group, descendants=below, ancestors=above)
    order, descending = parse_order(call)
    wanted = parse_filter(call, frozenset({ItemType.EPIC}))
    found = list_items(call.world, call.viewer, scope, wanted, order, descending=descending)
    return paginate(call, found, lambda one: epic_entity(call.world, one))


def get_epic(call: Call) -> object:
    """Return one epic."""
    return epic_entity(call.world, epic_by_iid(call))


def create_epic(call: Call) -> RestResponse:
    """Create an epic."""
    group = _find_group(call)
    title = call.required("title")
    access.require(access.can_create(call.world, call.user, group))
    change = _parse_change(call, group, title)
    created = items.create_item(
        call.world, call.user, group, ItemType.EPIC, change, created_at=call.timestamp("created_at")
    )
    _set_color(call, created)
    return RestResponse(epic_entity(call.world, created), 201)


def update_epic(call: Call) -> object:
    """Change an epic."""
    item = epic_by_iid(call)
    items.update_item(call.world, call.user, item, _parse_change(call, item.namespace, call.text("title")))
    _set_color(call, item)
    return epic_entity(call.world, item)


def delete_epic(call: Call) -> RestResponse:
    """Delete an epic."""
    moves.delete_item(call.world, call.user, epic_by_iid(call))
    return RestResponse(None, 204)


def _set_color(call: Call, item: WorkItem) -> None:
    if call.text("color"):
        item.color = validate_color(call.required("color"))


def _parse_change(call: Call, group: Namespace, title: str | None) -> ItemChange:
    start, due = "start_date_fixed" in call.parameters, "due_date_fixed" in call.parameters
    fixed = call.flag("start_date_is_fixed")
    return ItemChange(
        title=title,
        description=call.text("description"),
        is_open={"close": False, "reopen": True}.get(call.text("state_event") or ""),
        confidential=call.flag("confidential"),
        labels=_find_or_create_labels(call, group, "labels"),
        add_labels=_find_or_create_labels(call, group, "add_labels") or (),
        remove_labels=_find_or_create_labels(call, group, "remove_labels") or (),
        start_on=call.day("start_date_fixed") if start else UNSET,
        due_on=call.day("due_date_fixed") if due else UNSET,
        has_fixed_dates=call.flag("due_date_is_fixed") if fixed is None else fixed,
        parent=_parse_parent(call, group),
    )


def _find_or_create_labels(call: Call, group: Namespace, name: str) -> tuple[Label, ...] | None:
    """Return labels by title; unknown ones are created in the group."""
    names = call.list_of(name)
    if names is None:
        return None
    found = [(title, call.world.find_label(group, title)) for title in dict.fromkeys(names)]
    may_create = access.can_manage_labels(call.world, call.user, group) and name != "remove_labels"
    labels = [label or (call.world.add_label(group, title) if may_create else None) for title, label in found]
    return tuple(label for label in labels if label)


def _parse_parent(call: Call, group: Namespace) -> WorkItem | Unset | None:
    if "parent_id" not in call.parameters:
        return UNSET
    number = call.number("parent_id")
    if not number:
        return None
    inside = {one.namespace_id for one in group.self_and_ancestors}
    candidates = (one for one in call.world.items.values() if one.is_epic and one.legacy_id == number)
    found = next((one for one in candidates if one.namespace.namespace_id in inside), None)
    if found is None:
        raise NotFound("404 Epic Not Found")
    return found


def _child_entity(call: Call, child: WorkItem) -> dict[str, Any]:
    return {
        **issue_entity(call.world, child),
        "epic_issue_id": child.id + _ASSOCIATION_ID_OFFSET,
        "relative_position": child.id,
    }


def list_epic_issues(call: Call) -> RestResponse:
    """Return the issues of an epic that the user may see."""
    children = [one for one in epic_by_iid(call).children if not one.is_epic]
    visible = [one for one in children if access.can_read(call.world, call.viewer, one)]
    return paginate(call, visible, lambda one: _child_entity(call, one))


def add_epic_issue(call: Call) -> RestResponse:
    """Add an issue, given by its instance-wide ID, to an epic."""
    parent = epic_by_iid(call)
    child = (
        call.world.items.get(int(call.path_parameters["issue_id"]))
        if call.path_parameters["issue_id"].isdigit()
        else None
    )
    if child is None or child.is_epic or not access.can_read(call.world, call.user, child):
        raise NotFound("404 Issue Not Found")
    set_parent(call.world, call.user, child, parent)
    child.updated_at = call.world.record_write()
    return RestResponse(_association_entity(call, parent, child), 201)


def remove_epic_issue(call: Call) -> object:
    """Remove an issue, given by the ID of the association, from an epic."""
    parent = epic_by_iid(call)
    wanted = call.path_parameters["issue_id"]
    child = next((one for one in parent.children if str(one.id + _ASSOCIATION_ID_OFFSET) == wanted), None)
    if child is None:
        raise NotFound("404 Not found")
    set_parent(call.world, call.user, child, None)
    child.updated_at = call.world.record_write()
    return _association_entity(call, parent, child)


def _association_entity(call: Call, parent: WorkItem, child: WorkItem) -> dict[str, Any]:
    return {
        "id": child.id + _ASSOCIATION_ID_OFFSET,
        "epic": epic_entity(call.world, parent),
        "issue": issue_entity(call.world, child),
    }

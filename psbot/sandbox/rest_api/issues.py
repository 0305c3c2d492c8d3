"""Handlers for issues: lists, writes, moves, clones and links."""

from psbot.sandbox.rest_api.call import Call, MissingParameter, RestResponse
from psbot.sandbox.rest_api.entities import issue_entity, label_entity, user_entity
from psbot.sandbox.rest_api.filters import parse_filter, parse_order
from psbot.sandbox.rest_api.paging import paginate, paginate_by_keyset
from psbot.sandbox.rules import access, items, links, moves, notes
from psbot.sandbox.rules.item_changes import UNSET, ItemChange, Unset
from psbot.sandbox.rules.labels import find_or_create_labels
from psbot.sandbox.rules.listing import ListScope, list_items, list_scope
from psbot.sandbox.rules.refusals import Conflict, NotFound
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.labels import Label, Milestone
from psbot.sandbox.state.model import WorkItem

_WRITABLE_PARAMETERS = frozenset(
    (
        "title",
        "description",
        "state_event",
        "assignee_id",
        "assignee_ids",
        "labels",
        "add_labels",
        "remove_labels",
        "milestone_id",
        "due_date",
        "start_date",
        "confidential",
        "discussion_locked",
        "weight",
        "epic_id",
        "issue_type",
        "updated_at",
        "created_at",
    )
)


def _list_response(call: Call, scope: ListScope) -> RestResponse:
    order, descending = parse_order(call)
    found = list_items(call.world, call.viewer, scope, parse_filter(call), order, descending=descending)

    def show(item: WorkItem) -> object:
        data = issue_entity(call.world, item)
        if call.flag("with_labels_details"):
            data["labels"] = [label_entity(label) for label in sorted(item.labels, key=_title_of)]
        return data

    if call.query.get("pagination") == "keyset" and len(scope.namespaces) == 1:
        return paginate_by_keyset(call, found, lambda item: item.id, show)
    return paginate(call, found, show)


def _title_of(label: Label) -> str:
    return label.title


def list_project_issues(call: Call) -> RestResponse:
    """Return the issues of a project."""
    return _list_response(call, ListScope((call.namespace(is_group=False),)))


def list_group_issues(call: Call) -> RestResponse:
    """Return the issues of all projects in a group and its subgroups."""
    scope = list_scope(call.world, call.viewer, call.namespace(is_group=True), descendants=True)
    return _list_response(call, ListScope(tuple(one for one in scope.namespaces if not one.is_group)))


def list_all_issues(call: Call) -> RestResponse:
    """Return issues of all projects; without a scope only those that the user created."""
    call.user  # noqa: B018 (raises Unauthorized for an anonymous request)
    places = tuple(one for one in call.world.namespaces.values() if not one.is_group and call.can_read(one))
    return _list_response(call, ListScope(places))


def get_issue(call: Call) -> object:
    """Return an issue."""
    return issue_entity(call.world, call.issue())


def create_issue(call: Call) -> RestResponse:
    """Create an issue; unknown labels become project labels."""
    place = call.namespace(is_group=False)
    title = call.required("title")
    kind = (call.text("issue_type") or "issue").upper()
    types = {one.value: one for one in call.world.types_of(place)}
    if kind not in types:
        raise MissingParameter("issue_type does not have a valid value")
    access.require(access.can_create(call.world, call.user, place))
    iid = call.number("iid")
    if iid and call.world.item(place, iid):
        raise Conflict("Duplicated issue")
    change = _parse_change(call, place, title=title)
    created = items.create_item(
        call.world, call.user, place, types[kind], change, iid=iid, created_at=call.timestamp("created_at")
    )
    return RestResponse(issue_entity(call.world, created), 201)


def update_issue(call: Call) -> object:
    """Change an issue; at least one known parameter must be given."""
    item = call.issue()
    if not _WRITABLE_PARAMETERS & set(call.parameters):
        raise MissingParameter(
            f"{', '.join(sorted(_WRITABLE_PARAMETERS))} are missing, at least one parameter must be provided"
        )
    access.require(access.can_update(call.world, call.user, item))
    items.update_item(
        call.world, call.user, item, _parse_change(call, item.namespace, title=call.text("title"))
    )
    return issue_entity(call.world, item)


def list_participants(call: Call) -> RestResponse:
    """Return the author, the assignees and everyone who commented on an issue."""
    item = call.issue()
    commenters = [
        note.author for note in notes.visible_notes(call.world, call.viewer, item) if not note.is_system
    ]
    people = list(dict.fromkeys([item.author, *item.assignees, *commenters]))
    return paginate(call, people, lambda person: user_entity(call.world, person))


def list_related_merge_requests(call: Call) -> RestResponse:
    """Return an empty list: issues have no merge requests in the sandbox."""
    call.issue()
    return paginate(call, [], lambda nothing: nothing)


def delete_issue(call: Call) -> RestResponse:
    """Delete an issue."""
    moves.delete_item(call.world, call.user, call.issue())
    return RestResponse(None, 204)


def _parse_change(call: Call, place: Namespace, *, title: str | None) -> ItemChange:
    return ItemChange(
        title=title,
        description=call.text("description"),
        is_open={"close": False, "reopen": True}.get(call.text("state_event") or ""),
        confidential=call.flag("confidential"),
        is_locked=call.flag("discussion_locked"),
        labels=_parse_labels(call, place, "labels"),
        add_labels=_parse_labels(call, place, "add_labels") or (),
        remove_labels=_parse_labels(call, place, "remove_labels", create=False) or (),
        assignees=_parse_assignees(call),
        start_on=call.day("start_date") if "start_date" in call.parameters else UNSET,
        due_on=call.day("due_date") if "due_date" in call.parameters else UNSET,
        parent=_parse_epic(call),
        milestone=_parse_milestone(call),
        weight=call.number("weight") if "weight" in call.parameters and call.world.has_epics else UNSET,
    )


def _parse_labels(
    call: Call, place: Namespace, name: str, *, create: bool = True
) -> tuple[Label, ...] | None:
    names = call.list_of(name)
    if names is None:
        return None
    if create:
        return tuple(find_or_create_labels(call.world, call.user, place, names))
    return tuple(label for title in names if (label := call.world.find_label(place, title)))


def _parse_assignees(call: Call) -> tuple[User, ...] | None:
    numbers = call.list_of("assignee_ids")
    if numbers is None:
        numbers = call.list_of("assignee_id")
    if numbers is None:
        return None
    found = (call.world.user_by_id(int(number)) for number in numbers if number.isdigit())
    return tuple(user for user in found if user)


def _parse_epic(call: Call) -> WorkItem | Unset | None:
    if "epic_id" not in call.parameters or not call.world.has_epics:
        return UNSET
    number = call.number("epic_id")
    if not number:
        return None
    epics = (item for item in call.world.items.values() if item.is_epic and item.legacy_id == number)
    epic = next(epics, None)
    if epic is None or not access.can_read(call.world, call.user, epic):
        raise NotFound("404 Epic Not Found")
    return epic


def _parse_milestone(call: Call) -> Milestone | Unset | None:
    if "milestone_id" not in call.parameters:
        return UNSET
    return call.world.milestones.get(call.number("milestone_id") or 0)


def move_issue(call: Call) -> RestResponse:
    """Move an issue to another project."""
    item, target = call.issue(), call.find_namespace(call.required("to_project_id"), is_group=False)
    return RestResponse(issue_entity(call.world, moves.move_item(call.world, call.user, item, target)), 201)


def clone_issue(call: Call) -> RestResponse:
    """Copy an issue to a project."""
    item, target = call.issue(), call.find_namespace(call.required("to_project_id"), is_group=False)
    with_notes = bool(call.flag("with_notes"))
    clone = moves.clone_item(call.world, call.user, item, target, with_notes=with_notes)
    return RestResponse(issue_entity(call.world, clone), 201)


def list_links(call: Call) -> RestResponse:
    """Return the issues linked to one."""
    item = call.issue()
    found = links.links_of(call.world, call.viewer, item)
    shown = [
        {
            **issue_entity(call.world, other),
            "issue_link_id": link.id,
            "link_type": links.link_kind(link, item),
            "link_created_at": issue_entity(call.world, other)["created_at"],
        }
        for link, other in found
    ]
    return paginate(call, shown, lambda one: one)


def create_link(call: Call) -> RestResponse:
    """Link two issues."""
    source = call.issue()
    target_place = call.find_namespace(call.required("target_project_id"), is_group=False)
    target = call.item(target_place, call.required("target_issue_iid"))
    kind = call.text("link_type") or "relates_to"
    links.add_link(call.world, call.user, source, target, kind)
    data = {
        "source_issue": issue_entity(call.world, source),
        "target_issue": issue_entity(call.world, target),
    }
    return RestResponse({**data, "link_type": kind}, 201)


def delete_link(call: Call) -> object:
    """Remove a link."""
    item = call.issue()
    link = next((one for one in item.links if str(one.id) == call.path_parameters["link_id"]), None)
    if link is None:
        raise NotFound("404 Not found")
    other = link.target if link.source is item else link.source
    links.remove_link(call.world, call.user, link)
    return {"source_issue": issue_entity(call.world, item), "target_issue": issue_entity(call.world, other)}

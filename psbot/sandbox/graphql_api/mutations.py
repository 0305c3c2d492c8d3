"""Mutations: thin over the semantics; a refusal becomes an error of the payload or of the request."""

import asyncio
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from graphql import GraphQLError

from psbot.sandbox.graphql_api import context
from psbot.sandbox.graphql_api.context import Context, Info, Resolver
from psbot.sandbox.graphql_api.inputs import change_of, require_carried, set_color, visible_item
from psbot.sandbox.rules import access
from psbot.sandbox.rules import notes as commenting
from psbot.sandbox.rules.hierarchy import set_parent
from psbot.sandbox.rules.items import create_item, update_item
from psbot.sandbox.rules.labels import create_shadowing_label, update_label
from psbot.sandbox.rules.links import add_link, remove_link
from psbot.sandbox.rules.moves import delete_item
from psbot.sandbox.rules.refusals import Forbidden, Invalid, NotFound, Refusal
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.model import Note, WorkItem

READ_ONLY = "You cannot perform write operations on a read-only instance"
MAX_BULK = 100
MAX_LINKS = 10

Data = Mapping[str, Any]
Work = Callable[[Context, User, Data], dict[str, Any]]


def mutation(work: Work) -> Resolver:
    """Return the resolver that does *work*: who may write, how long it takes, and how refusals look."""

    @wraps(work)
    async def resolve(_root: None, info: Info, input: Data) -> dict[str, Any]:
        asked = context.of(info)
        user = _writer(asked)
        asked.mutations += 1
        if asked.mutations_allowed is not None and asked.mutations > asked.mutations_allowed:
            raise GraphQLError("Internal server error")
        if asked.work_seconds:
            await asyncio.sleep(asked.work_seconds)
        answer: dict[str, Any] = {"clientMutationId": input.get("clientMutationId"), "errors": []}
        if asked.mutation_errors is not None:
            return {**answer, "errors": asked.mutation_errors}
        try:
            with asked.world.lock:
                return {**answer, **work(asked, user, input)}
        except (Forbidden, NotFound):
            raise context.unavailable() from None
        except Invalid as refusal:
            return {**answer, "errors": refusal.sentences()}
        except Refusal as refusal:
            return {**answer, "errors": [refusal.message]}

    return resolve


def _writer(asked: Context) -> User:
    if asked.world.is_in_maintenance:
        raise GraphQLError(READ_ONLY)
    if asked.token is None or "api" not in asked.token.scopes:
        raise context.unavailable()
    return asked.token.user


def _namespace(asked: Context, path: str | None) -> Namespace:
    found = asked.world.namespace(path or "")
    if found is None or not access.readable(asked.world, asked.user, found):
        raise context.unavailable()
    return found


def _create(asked: Context, user: User, data: Data) -> dict[str, Any]:
    namespace = _namespace(asked, data.get("namespacePath") or data.get("projectPath"))
    numbers = {str(number): type_ for type_, number in asked.world.types_of(namespace).items()}
    type_ = numbers.get(data["workItemTypeId"])
    if type_ is None:
        raise Invalid("Work item type is not allowed in this namespace")
    require_carried(asked, type_, data)
    item = create_item(
        asked.world,
        user,
        namespace,
        type_,
        change_of(asked, namespace, data),
        created_at=data.get("createdAt"),
    )
    set_color(item, data)
    links = data.get("linkedItemsWidget")
    if links:
        _link(asked, user, item, links)
    return {"workItem": item}


def _update(asked: Context, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(asked, data["id"])
    if not access.can_update(asked.world, user, item):
        raise context.unavailable()
    require_carried(asked, item.type, data)
    change = change_of(asked, item.namespace, data)
    children = [
        visible_item(asked, number) for number in (data.get("hierarchyWidget") or {}).get("childrenIds") or ()
    ]
    update_item(asked.world, user, item, change)
    for child in children:
        set_parent(asked.world, user, child, item)
    set_color(item, data)
    return {"workItem": item}


def _delete(asked: Context, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(asked, data["id"])
    delete_item(asked.world, user, item)
    return {"namespace": item.namespace, "project": None if item.namespace.is_group else item.namespace}


def _bulk_update(asked: Context, user: User, data: Data) -> dict[str, Any]:
    if len(data["ids"]) > MAX_BULK:
        raise Invalid(f"No more than {MAX_BULK} work items can be updated at the same time")
    namespace = _namespace(asked, data["fullPath"])
    if namespace.is_group and not asked.world.has_epics:
        raise Forbidden("Bulk updates in groups are not available for current license")
    inside = set(asked.world.subtree(namespace))
    found = [asked.world.items.get(int(number)) for number in data["ids"]]
    wanted = [item for item in found if item and item.namespace in inside]
    able = [item for item in wanted if access.can_set_metadata(asked.world, user, item)]
    for item in able:
        update_item(asked.world, user, item, change_of(asked, item.namespace, data))
    return {"updatedWorkItemCount": len(able)}


def _add_children(asked: Context, user: User, data: Data) -> dict[str, Any]:
    parent = visible_item(asked, data["id"])
    children = [visible_item(asked, number) for number in data["childrenIds"]]
    for child in children:
        set_parent(asked.world, user, child, parent)
        child.updated_at = asked.world.tick()
    return {"addedChildren": children}


def _link(asked: Context, user: User, item: WorkItem, data: Data) -> None:
    if len(data["workItemsIds"]) > MAX_LINKS:
        raise GraphQLError(f"No more than {MAX_LINKS} work items can be linked at the same time.")
    kinds = {"BLOCKS": "blocks", "BLOCKED_BY": "is_blocked_by"}
    for number in data["workItemsIds"]:
        target = visible_item(asked, number)
        add_link(asked.world, user, item, target, kinds.get(data.get("linkType") or "", "relates_to"))


def _add_links(asked: Context, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(asked, data["id"])
    _link(asked, user, item, data)
    return {"workItem": item, "message": f"Successfully linked ID(s): {', '.join(data['workItemsIds'])}."}


def _remove_links(asked: Context, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(asked, data["id"])
    gone = {int(number) for number in data["workItemsIds"]}
    for link in list(item.links):
        if {link.source.id, link.target.id} & gone:
            remove_link(asked.world, user, link)
    return {"workItem": item, "message": f"Successfully unlinked IDs: {', '.join(data['workItemsIds'])}."}


def _create_label(asked: Context, user: User, data: Data) -> dict[str, Any]:
    if bool(data.get("groupPath")) is bool(data.get("projectPath")):
        raise GraphQLError("Exactly one of group_path or project_path arguments is required")
    namespace = _namespace(asked, data.get("groupPath") or data.get("projectPath"))
    label = create_shadowing_label(
        asked.world,
        user,
        namespace,
        data["title"],
        data.get("color") or "#6699cc",
        description=data.get("description"),
    )
    return {"label": label}


def _update_label(asked: Context, user: User, data: Data) -> dict[str, Any]:
    label = asked.world.labels.get(int(data["id"]))
    if label is None or not access.readable(asked.world, user, label.namespace):
        raise context.unavailable()
    update_label(
        asked.world,
        user,
        label,
        title=data.get("title"),
        color=data.get("color"),
        description=data.get("description"),
    )
    return {"label": label}


def _create_note(asked: Context, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(asked, data["noteableId"])
    thread = None
    if data.get("discussionId"):
        thread = next((note for note in item.notes if note.discussion_id == data["discussionId"]), None)
        if thread is None or not access.can_read_note(asked.world, user, thread):
            raise context.unavailable()
    result = commenting.create_note(
        asked.world, user, item, data["body"], is_internal=bool(data.get("internal")), discussion=thread
    )
    return _commented(result)


def _create_discussion(asked: Context, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(asked, data["noteableId"])
    result = commenting.create_note(
        asked.world, user, item, data["body"], is_internal=bool(data.get("internal")), is_thread=True
    )
    return _commented(result)


def _commented(result: commenting.Commented) -> dict[str, Any]:
    status = None
    if result.names:
        status = {
            "commandNames": list(result.names),
            "commandsOnly": result.commands_only,
            "messages": list(result.done),
            "errorMessages": list(result.failed) or None,
        }
    errors = list(result.failed) if result.commands_only and not result.done else []
    return {"note": result.note, "quickActionsStatus": status, "errors": errors}


def _note(asked: Context, number: str) -> Note:
    note = asked.world.notes.get(int(number)) if number.isdigit() else None
    if note is None or not access.can_read(asked.world, asked.user, note.item):
        raise context.unavailable()
    return note


def _update_note(asked: Context, user: User, data: Data) -> dict[str, Any]:
    note = _note(asked, data["id"])
    if data.get("body") is None:
        return {"note": note}
    return _commented(commenting.update_note(asked.world, user, note, data["body"]))


def _destroy_note(asked: Context, user: User, data: Data) -> dict[str, Any]:
    commenting.destroy_note(asked.world, user, _note(asked, data["id"]))
    return {"note": None}


FIELDS: dict[str, dict[str, Resolver]] = {
    "Mutation": {
        "workItemCreate": mutation(_create),
        "workItemUpdate": mutation(_update),
        "workItemDelete": mutation(_delete),
        "workItemBulkUpdate": mutation(_bulk_update),
        "workItemHierarchyAddChildrenItems": mutation(_add_children),
        "workItemAddLinkedItems": mutation(_add_links),
        "workItemRemoveLinkedItems": mutation(_remove_links),
        "labelCreate": mutation(_create_label),
        "labelUpdate": mutation(_update_label),
        "createNote": mutation(_create_note),
        "createDiscussion": mutation(_create_discussion),
        "updateNote": mutation(_update_note),
        "destroyNote": mutation(_destroy_note),
    }
}

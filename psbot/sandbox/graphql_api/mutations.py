"""Mutations: a thin layer over the rules; a refusal becomes an error of the payload or of the request."""

import asyncio
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from graphql import GraphQLError

from psbot.sandbox.graphql_api.context import Info, RequestContext, Resolver, context_of, unavailable
from psbot.sandbox.graphql_api.inputs import parse_change, require_supported_widgets, set_color, visible_item
from psbot.sandbox.rules import access, notes
from psbot.sandbox.rules.creation_limit import TooManyCreations
from psbot.sandbox.rules.hierarchy import NO_MATCHING_ITEM, set_parent
from psbot.sandbox.rules.items import create_item, update_item
from psbot.sandbox.rules.labels import create_shadowing_label, update_label
from psbot.sandbox.rules.links import add_link, remove_link
from psbot.sandbox.rules.moves import delete_item
from psbot.sandbox.rules.refusals import Forbidden, Invalid, NotFound, Refusal
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.model import Note, WorkItem

READ_ONLY = "You cannot perform write operations on a read-only instance"
MAX_BULK_ITEMS = 100
MAX_LINKS = 10

Data = Mapping[str, Any]
MutationHandler = Callable[[RequestContext, User, Data], dict[str, Any]]


def mutation_resolver(handler: MutationHandler) -> Resolver:
    """Return a resolver that calls *handler*, after checking the token and waiting, and that shapes refusals."""

    @wraps(handler)
    async def resolve(_root: None, info: Info, input: Data) -> dict[str, Any]:
        ctx = context_of(info)
        user = _require_writer(ctx)
        ctx.mutations += 1
        if ctx.mutations_allowed is not None and ctx.mutations > ctx.mutations_allowed:
            raise GraphQLError("Internal server error")
        if ctx.work_seconds:
            await asyncio.sleep(ctx.work_seconds)
        answer: dict[str, Any] = {"clientMutationId": input.get("clientMutationId"), "errors": []}
        if ctx.mutation_errors is not None:
            return {**answer, "errors": ctx.mutation_errors}
        with ctx.world.lock:
            return {**answer, **_handle(handler, ctx, user, input)}

    return resolve


def _handle(handler: MutationHandler, ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    """Return what *handler* answers, or its refusal in the payload; raises the errors beside the payload."""
    try:
        return handler(ctx, user, data)
    except (Forbidden, NotFound):
        raise unavailable() from None
    except TooManyCreations as limit:
        ctx.lost_by = limit
        raise GraphQLError(limit.graphql_message) from None
    except Invalid as refusal:
        return {"errors": refusal.full_messages()}
    except Refusal as refusal:
        return {"errors": [refusal.message]}


def _require_writer(ctx: RequestContext) -> User:
    if ctx.lost_by is not None:
        raise GraphQLError(ctx.lost_by.graphql_message)
    if ctx.world.is_in_maintenance:
        raise GraphQLError(READ_ONLY)
    if ctx.token is None or "api" not in ctx.token.scopes:
        raise unavailable()
    return ctx.token.user


def _find_namespace(ctx: RequestContext, path: str | None) -> Namespace:
    found = ctx.world.namespace(path or "")
    if found is None or not access.is_readable(ctx.world, ctx.user, found):
        raise unavailable()
    return found


def _create(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    namespace = _find_namespace(ctx, data.get("namespacePath") or data.get("projectPath"))
    numbers = {str(number): type_ for type_, number in ctx.world.types_of(namespace).items()}
    type_ = numbers.get(data["workItemTypeId"])
    if type_ is None:
        raise unavailable()
    require_supported_widgets(ctx, type_, data)
    links = data.get("linkedItemsWidget")
    if links:
        _limit_links(links)
    item = create_item(
        ctx.world,
        user,
        namespace,
        type_,
        parse_change(ctx, namespace, data),
        created_at=data.get("createdAt"),
    )
    set_color(item, data)
    if links:
        # Links are made after the item is saved: where GitLab refuses one, the answer is an error and the item stays
        # (GitLab, app/services/work_items/callbacks/linked_items.rb@4dbbab7b, after_save_commit).
        _link(ctx, user, item, links)
    return {"workItem": item}


def _update(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(ctx, data["id"])
    if not access.can_update(ctx.world, user, item):
        raise unavailable()
    require_supported_widgets(ctx, item.type, data)
    change = parse_change(ctx, item.namespace, data)
    children = [
        visible_item(ctx, number) for number in (data.get("hierarchyWidget") or {}).get("childrenIds") or ()
    ]
    update_item(ctx.world, user, item, change)
    for child in children:
        set_parent(ctx.world, user, child, item)
    set_color(item, data)
    return {"workItem": item}


def _delete(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(ctx, data["id"])
    delete_item(ctx.world, user, item)
    return {"namespace": item.namespace, "project": None if item.namespace.is_group else item.namespace}


def _bulk_update(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    if len(data["ids"]) > MAX_BULK_ITEMS:
        raise Invalid(f"No more than {MAX_BULK_ITEMS} work items can be updated at the same time")
    namespace = _find_namespace(ctx, data["fullPath"])
    if namespace.is_group and not ctx.world.has_epics:
        raise Forbidden("Bulk updates in groups are not available for current license")
    inside = set(ctx.world.subtree(namespace))
    candidates = [ctx.world.items.get(int(number)) for number in data["ids"]]
    items = [item for item in candidates if item and item.namespace in inside]
    editable = [item for item in items if access.can_set_metadata(ctx.world, user, item)]
    for item in editable:
        update_item(ctx.world, user, item, parse_change(ctx, item.namespace, data))
    return {"updatedWorkItemCount": len(editable)}


def _add_children(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    parent = visible_item(ctx, data["id"])
    children = [visible_item(ctx, number) for number in data["childrenIds"]]
    for child in children:
        set_parent(ctx.world, user, child, parent)
        child.updated_at = ctx.world.record_write()
    return {"addedChildren": children}


def _limit_links(data: Data) -> None:
    if len(data["workItemsIds"]) > MAX_LINKS:
        raise GraphQLError(f"No more than {MAX_LINKS} work items can be linked at the same time.")


def _link(ctx: RequestContext, user: User, item: WorkItem, data: Data) -> None:
    _limit_links(data)
    kinds = {"BLOCKS": "blocks", "BLOCKED_BY": "is_blocked_by"}
    for number in data["workItemsIds"]:
        target = ctx.world.items.get(int(number))
        if target is None or not access.can_read(ctx.world, ctx.user, target):
            raise Invalid(NO_MATCHING_ITEM)
        try:
            add_link(ctx.world, user, item, target, kinds.get(data.get("linkType") or "", "relates_to"))
        except Forbidden:
            raise Invalid(NO_MATCHING_ITEM) from None


def _add_links(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(ctx, data["id"])
    _link(ctx, user, item, data)
    return {"workItem": item, "message": f"Successfully linked ID(s): {', '.join(data['workItemsIds'])}."}


def _remove_links(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(ctx, data["id"])
    unlinked = {int(number) for number in data["workItemsIds"]}
    for link in list(item.links):
        if {link.source.id, link.target.id} & unlinked:
            remove_link(ctx.world, user, link)
    return {"workItem": item, "message": f"Successfully unlinked IDs: {', '.join(data['workItemsIds'])}."}


def _create_label(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    if bool(data.get("groupPath")) is bool(data.get("projectPath")):
        raise GraphQLError("Exactly one of group_path or project_path arguments is required")
    namespace = _find_namespace(ctx, data.get("groupPath") or data.get("projectPath"))
    label = create_shadowing_label(
        ctx.world,
        user,
        namespace,
        data["title"],
        data.get("color") or "#6699cc",
        description=data.get("description"),
    )
    return {"label": label}


def _update_label(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    label = ctx.world.labels.get(int(data["id"]))
    if label is None or not access.is_readable(ctx.world, user, label.namespace):
        raise unavailable()
    update_label(
        ctx.world,
        user,
        label,
        title=data.get("title"),
        color=data.get("color"),
        description=data.get("description"),
    )
    return {"label": label}


def _create_note(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(ctx, data["noteableId"])
    thread = None
    if data.get("discussionId"):
        thread = next((note for note in item.notes if note.discussion_id == data["discussionId"]), None)
        if thread is None or not access.can_read_note(ctx.world, user, thread):
            raise unavailable()
    result = notes.create_note(
        ctx.world, user, item, data["body"], is_internal=bool(data.get("internal")), discussion=thread
    )
    return _note_payload(result)


def _create_discussion(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    item = visible_item(ctx, data["noteableId"])
    result = notes.create_note(
        ctx.world, user, item, data["body"], is_internal=bool(data.get("internal")), is_thread=True
    )
    return _note_payload(result)


def _note_payload(result: notes.NoteResult) -> dict[str, Any]:
    status = None
    if result.action_names:
        status = {
            "commandNames": list(result.action_names),
            "commandsOnly": result.is_commands_only,
            "messages": list(result.applied_messages),
            "errorMessages": list(result.failure_messages) or None,
        }
    errors = list(result.failure_messages) if result.is_commands_only and not result.applied_messages else []
    return {"note": result.note, "quickActionsStatus": status, "errors": errors}


def _find_note(ctx: RequestContext, number: str) -> Note:
    note = ctx.world.notes.get(int(number)) if number.isdigit() else None
    if note is None or not access.can_read(ctx.world, ctx.user, note.item):
        raise unavailable()
    return note


def _update_note(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    note = _find_note(ctx, data["id"])
    if data.get("body") is None:
        return {"note": note}
    return _note_payload(notes.update_note(ctx.world, user, note, data["body"]))


def _destroy_note(ctx: RequestContext, user: User, data: Data) -> dict[str, Any]:
    notes.delete_note(ctx.world, user, _find_note(ctx, data["id"]))
    return {"note": None}


FIELDS: dict[str, dict[str, Resolver]] = {
    "Mutation": {
        "workItemCreate": mutation_resolver(_create),
        "workItemUpdate": mutation_resolver(_update),
        "workItemDelete": mutation_resolver(_delete),
        "workItemBulkUpdate": mutation_resolver(_bulk_update),
        "workItemHierarchyAddChildrenItems": mutation_resolver(_add_children),
        "workItemAddLinkedItems": mutation_resolver(_add_links),
        "workItemRemoveLinkedItems": mutation_resolver(_remove_links),
        "labelCreate": mutation_resolver(_create_label),
        "labelUpdate": mutation_resolver(_update_label),
        "createNote": mutation_resolver(_create_note),
        "createDiscussion": mutation_resolver(_create_discussion),
        "updateNote": mutation_resolver(_update_note),
        "destroyNote": mutation_resolver(_destroy_note),
    }
}

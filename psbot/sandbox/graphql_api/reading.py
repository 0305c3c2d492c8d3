"""Fields of namespaces, people, labels, items and notes."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLResolveInfo

from psbot.sandbox import access, global_ids, urls
from psbot.sandbox.graphql_api import context
from psbot.sandbox.graphql_api.connections import CONNECTION, Page, page
from psbot.sandbox.graphql_api.context import Resolver
from psbot.sandbox.graphql_api.filters import filter_of, order_of
from psbot.sandbox.listing import Scope, listed, scope_of
from psbot.sandbox.membership import DIRECT, INHERITED, matching, memberships
from psbot.sandbox.model import Access, ItemType, Label, Membership, Namespace, Note, User, WorkItem
from psbot.sandbox.references import relative
from psbot.sandbox.rendered import html
from psbot.sandbox.world import TYPE_NAMES


def items_page(items: Sequence[WorkItem], arguments: dict[str, Any]) -> Page:
    """Return a page of items."""
    return page(items, lambda item: item.id, arguments)


def type_node(type_: ItemType, number: int) -> dict[str, Any]:
    """Return a work item type as the schema shows it."""
    name = TYPE_NAMES[type_]
    return {
        "id": global_ids.gid("WorkItems::Type", number),
        "name": name,
        "iconName": f"work-item-{name.lower()}",
        "type": type_,
    }


def _work_items(namespace: Namespace, info: GraphQLResolveInfo, **arguments: Any) -> Page:
    asked = context.of(info)
    scope = scope_of(
        asked.world,
        asked.user,
        namespace,
        descendants=bool(arguments.get("includeDescendants")),
        ancestors=bool(arguments.get("includeAncestors")),
    )
    if arguments.get("excludeProjects"):
        scope = Scope(tuple(one for one in scope.namespaces if one.is_group))
    order, descending = order_of(arguments.get("sort"))
    found = listed(asked.world, asked.user, scope, filter_of(arguments), order, descending=descending)
    if info.path.key in asked.shortened or "*" in asked.shortened:
        found = found[: len(found) // 2]
    return items_page(found, arguments)


def _state_counts(namespace: Namespace, info: GraphQLResolveInfo, **arguments: Any) -> dict[str, int]:
    asked = context.of(info)
    found = listed(
        asked.world, asked.user, scope_of(asked.world, asked.user, namespace), filter_of(arguments)
    )
    opened = sum(item.is_open for item in found)
    return {"all": len(found), "opened": opened, "closed": len(found) - opened}


def _work_item(namespace: Namespace, info: GraphQLResolveInfo, iid: str) -> WorkItem | None:
    asked = context.of(info)
    item = asked.world.item(namespace, int(iid)) if iid.isdigit() else None
    return item if item and access.can_read(asked.world, asked.user, item) else None


def _types(namespace: Namespace, info: GraphQLResolveInfo, name: str | None = None, **arguments: Any) -> Page:
    found = [
        type_node(type_, number)
        for type_, number in context.of(info).world.types_of(namespace).items()
        if name in (None, type_.value)
    ]
    return page(found, lambda node: node["id"], arguments)


def _labels(namespace: Namespace, info: GraphQLResolveInfo, **arguments: Any) -> Page:
    world = context.of(info).world
    # A project always shows its ancestors' labels; a group only when asked to.
    above = namespace.lineage[1:] if arguments.get("includeAncestorGroups") else []
    below = list(world.subtree(namespace))[1:] if arguments.get("includeDescendantGroups") else []
    places = [namespace, *above, *(one for one in below if one.is_group)]
    found = [label for place in places for label in world.labels_of[place.namespace_id].values()]
    if arguments.get("title") is not None:
        found = [label for label in found if label.title == arguments["title"]]
    if arguments.get("searchTerm"):
        fields = arguments.get("searchIn") or ["TITLE", "DESCRIPTION"]
        found = [label for label in found if _mentions(label, arguments["searchTerm"].lower(), fields)]
    return page(sorted(found, key=lambda label: (label.title, label.id)), lambda label: label.id, arguments)


def _mentions(label: Label, text: str, fields: list[str]) -> bool:
    in_title = "TITLE" in fields and text in label.title.lower()
    return in_title or ("DESCRIPTION" in fields and text in (label.description or "").lower())


def _members(namespace: Namespace, info: GraphQLResolveInfo, **arguments: Any) -> Page:
    world = context.of(info).world
    relations = frozenset(arguments.get("relations") or (DIRECT, INHERITED))
    found = matching(memberships(world, namespace, relations), arguments.get("search"))
    if arguments.get("accessLevels"):
        wanted = {Access[name] for name in arguments["accessLevels"] if name in Access.__members__}
        found = [one for one in found if one.access in wanted]
    return page(found, lambda one: one.id, arguments)


def member_type_of(entry: Membership, _info: GraphQLResolveInfo, _type: object) -> str:
    """Return the type of a membership."""
    return "GroupMember" if entry.namespace.is_group else "ProjectMember"


def _access(value: Access) -> dict[str, Any]:
    name = "NO_ACCESS" if value is Access.NONE else value.name
    return {"integerValue": int(value), "stringValue": name, "humanAccess": value.name.capitalize()}


def _max_access(namespace: Namespace, info: GraphQLResolveInfo) -> dict[str, Any]:
    asked = context.of(info)
    return _access(access.level(asked.world, asked.user, namespace))


def _below(
    namespace: Namespace, info: GraphQLResolveInfo, *, groups: bool, everything: bool, arguments: Any
) -> Page:
    asked = context.of(info)
    places = (
        list(asked.world.subtree(namespace))[1:]
        if everything
        else asked.world.children_of[namespace.namespace_id]
    )
    text = (arguments.get("search") or "").lower()
    found = [
        one
        for one in places
        if one.is_group is groups
        and text in one.full_path.lower()
        and access.readable(asked.world, asked.user, one)
    ]
    return page(found, lambda one: one.id, arguments)


def _full_name(namespace: Namespace, separator: str = " / ") -> str:
    return separator.join(one.name for one in reversed(namespace.lineage))


_NAMESPACE: dict[str, Resolver] = {
    "fullPath": lambda ns, info: ns.full_path,
    "fullName": lambda ns, info: _full_name(ns),
    "archived": lambda ns, info: False,
    "createdAt": lambda ns, info: ns.created_at,
    "webUrl": lambda ns, info: urls.namespace_url(context.of(info).world, ns),
    "workItem": _work_item,
    "workItems": _work_items,
    "workItemTypes": _types,
    "workItemStateCounts": _state_counts,
    "labels": _labels,
    "label": lambda ns, info, title: context.of(info).world.find_label(ns, title),
    "maxAccessLevel": _max_access,
}


def _namespace_permissions(namespace: Namespace, info: GraphQLResolveInfo) -> dict[str, bool]:
    asked = context.of(info)
    role = access.level(asked.world, asked.user, namespace)
    return {
        "readGroup": True,
        "readProject": True,
        "createProjects": role >= Access.DEVELOPER,
        "adminProject": role >= Access.MAINTAINER,
        "adminIssue": role >= Access.PLANNER,
        "createLabel": role >= Access.PLANNER,
        "createIssue": access.can_create(asked.world, asked.user, namespace),
        "createWorkItem": access.can_create(asked.world, asked.user, namespace),
    }


_USER: dict[str, Resolver] = {
    "id": lambda user, info: global_ids.gid("User", user.id),
    "bot": lambda user, info: user.is_bot,
    "human": lambda user, info: not user.is_bot,
    "active": lambda user, info: user.state == "active",
    "type": lambda user, info: user.kind.value.upper(),
    "webUrl": lambda user, info: urls.user_url(context.of(info).world, user),
    "webPath": lambda user, info: f"/{user.username}",
    "avatarUrl": lambda user, info: None,
    "createdAt": lambda user, info: None,
}


def text_color(color: str) -> str:
    """Return the colour that can be read on *color*."""
    digits = color.lstrip("#")
    digits = "".join(char * 2 for char in digits) if len(digits) == 3 else digits  # noqa: PLR2004 (#rgb)
    bright = sum(int(digits[at : at + 2], 16) for at in (0, 2, 4))
    return "#1F1E24" if bright > 500 else "#FFFFFF"  # noqa: PLR2004 (about two thirds of white)


_LABEL: dict[str, Resolver] = {
    "id": lambda label, info: global_ids.label_gid(label),
    "textColor": lambda label, info: text_color(label.color),
    "createdAt": lambda label, info: label.created_at,
    "updatedAt": lambda label, info: label.updated_at,
    "archived": lambda label, info: False,
    "lockOnMerge": lambda label, info: False,
}


def _readable_url(item: WorkItem | None, info: GraphQLResolveInfo) -> str | None:
    asked = context.of(info)
    if item is None or not access.can_read(asked.world, asked.user, item):
        return None
    return urls.item_url(asked.world, item)


def _permissions(item: WorkItem, info: GraphQLResolveInfo) -> dict[str, bool]:
    asked = context.of(info)
    may_plan = access.can_set_metadata(asked.world, asked.user, item)
    return {
        "readWorkItem": True,
        "updateWorkItem": access.can_update(asked.world, asked.user, item),
        "deleteWorkItem": access.can_delete(asked.world, asked.user, item),
        "createNote": access.can_comment(asked.world, asked.user, item),
        "markNoteAsInternal": access.reads_all(asked.world, asked.user, item.namespace),
        **dict.fromkeys(
            (
                "adminParentLink",
                "adminWorkItem",
                "adminWorkItemLink",
                "cloneWorkItem",
                "moveWorkItem",
                "setWorkItemMetadata",
            ),
            may_plan,
        ),
    }


_ITEM: dict[str, Resolver] = {
    "id": lambda item, info: global_ids.item_gid(item),
    "iid": lambda item, info: str(item.iid),
    "name": lambda item, info: item.title,
    "titleHtml": lambda item, info: html(item.title),
    "descriptionHtml": lambda item, info: html(item.description),
    "state": lambda item, info: "OPEN" if item.is_open else "CLOSED",
    "project": lambda item, info: None if item.namespace.is_group else item.namespace,
    "workItemType": lambda item, info: type_node(
        item.type, context.of(info).world.types_of(item.namespace)[item.type]
    ),
    "webUrl": lambda item, info: urls.item_url(context.of(info).world, item),
    "webPath": lambda item, info: urls.item_path(item),
    "reference": lambda item, info, full=False: item.reference if full else relative(item, item.namespace),
    "createdAt": lambda item, info: item.created_at,
    "updatedAt": lambda item, info: item.updated_at,
    "closedAt": lambda item, info: item.closed_at,
    "lockVersion": lambda item, info: item.lock_version,
    "movedToWorkItemUrl": lambda item, info: _readable_url(item.moved_to, info),
    "duplicatedToWorkItemUrl": lambda item, info: _readable_url(item.duplicated_to, info),
    "promotedToEpicUrl": lambda item, info: None,
    "userDiscussionsCount": lambda item, info: sum(not note.is_system for note in item.notes),
    "userPermissions": _permissions,
    "archived": lambda item, info: False,
    "hidden": lambda item, info: False,
    "imported": lambda item, info: False,
}


def _discussion(note: Note, _info: GraphQLResolveInfo) -> list[Note]:
    return [other for other in note.item.notes if other.discussion_id == note.discussion_id]


_NOTE: dict[str, Resolver] = {
    "id": lambda note, info: global_ids.note_gid(note),
    "bodyHtml": lambda note, info: html(note.body),
    "bodyFirstLineHtml": lambda note, info: html(note.body.partition("\n")[0]),
    "createdAt": lambda note, info: note.created_at,
    "updatedAt": lambda note, info: note.updated_at,
    "lastEditedAt": lambda note, info: note.last_edited_at,
    "lastEditedBy": lambda note, info: note.last_edited_by,
    "internal": lambda note, info: note.is_internal,
    "system": lambda note, info: note.is_system,
    "systemNoteIconName": lambda note, info: note.action,
    "systemNoteMetadata": lambda note, info: (
        {"id": global_ids.gid("SystemNoteMetadata", note.id), "action": note.action} if note.action else None
    ),
    "resolvable": lambda note, info: note.is_thread and not note.is_system,
    "resolved": lambda note, info: False,
    "url": lambda note, info: urls.note_url(context.of(info).world, note),
    "discussion": _discussion,
}


def notes_page(notes: Sequence[Note], arguments: dict[str, Any]) -> Page:
    """Return a page of notes."""
    return page(notes, lambda note: note.id, arguments)


_DISCUSSION: dict[str, Resolver] = {
    "id": lambda notes, info: global_ids.discussion_gid(notes[0]),
    "replyId": lambda notes, info: global_ids.discussion_gid(notes[0]),
    "createdAt": lambda notes, info: notes[0].created_at,
    "notes": lambda notes, info, **arguments: notes_page(notes, arguments),
    "resolvable": lambda notes, info: any(note.is_thread and not note.is_system for note in notes),
    "resolved": lambda notes, info: False,
}

_MEMBER: dict[str, Resolver] = {
    "id": lambda entry, info: global_ids.gid("Member", entry.id),
    "accessLevel": lambda entry, info: _access(entry.access),
    "createdAt": lambda entry, info: entry.created_at,
    "expiresAt": lambda entry, info: None,
    "group": lambda entry, info: entry.namespace,
    "project": lambda entry, info: entry.namespace,
}

_MILESTONE: dict[str, Resolver] = {
    "id": lambda milestone, info: global_ids.gid("Milestone", milestone.id),
    "iid": lambda milestone, info: str(milestone.iid),
    "dueDate": lambda milestone, info: milestone.due_on,
    "startDate": lambda milestone, info: milestone.start_on,
    "webPath": lambda milestone, info: f"/{milestone.namespace.full_path}/-/milestones/{milestone.iid}",
}

_CONNECTIONS = (
    "WorkItem",
    "WorkItemType",
    "Label",
    "UserCore",
    "Note",
    "Discussion",
    "GroupMember",
    "MemberInterface",
    "Project",
    "Group",
    "LinkedWorkItemType",
    "WorkItemTimelog",
)

FIELDS: dict[str, dict[str, Resolver]] = {
    "Namespace": {
        **_NAMESPACE,
        "id": lambda ns, info: (
            global_ids.namespace_gid(ns)
            if ns.is_group
            else global_ids.gid("Namespaces::ProjectNamespace", ns.namespace_id)
        ),
    },
    "Group": {
        **_NAMESPACE,
        "id": lambda ns, info: global_ids.namespace_gid(ns),
        "epicsEnabled": lambda ns, info: context.of(info).world.has_epics,
        "groupMembers": _members,
        "userPermissions": _namespace_permissions,
        "projects": lambda ns, info, includeSubgroups=False, **arguments: _below(
            ns, info, groups=False, everything=includeSubgroups, arguments=arguments
        ),
        "descendantGroups": lambda ns, info, **arguments: _below(
            ns, info, groups=True, everything=True, arguments=arguments
        ),
    },
    "Project": {
        **_NAMESPACE,
        "id": lambda ns, info: global_ids.namespace_gid(ns),
        "nameWithNamespace": lambda ns, info: _full_name(ns),
        "issuesEnabled": lambda ns, info: True,
        "group": lambda ns, info: ns.parent,
        "namespace": lambda ns, info: ns.parent,
        "projectMembers": _members,
        "userPermissions": _namespace_permissions,
    },
    "UserCore": _USER,
    "CurrentUser": _USER,
    "Label": _LABEL,
    "Milestone": _MILESTONE,
    "WorkItem": _ITEM,
    "Note": _NOTE,
    "Discussion": _DISCUSSION,
    "GroupMember": _MEMBER,
    "ProjectMember": _MEMBER,
    **{f"{name}Connection": CONNECTION for name in _CONNECTIONS},
}

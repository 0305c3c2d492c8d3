"""Fields of users, members, labels, milestones, items and notes."""

from collections.abc import Sequence
from typing import Any

from psbot.sandbox.graphql_api.connections import CONNECTION_FIELDS, Page, paginate
from psbot.sandbox.graphql_api.context import Info, Resolver, context_of
from psbot.sandbox.rules import access
from psbot.sandbox.rules.markdown import render_html
from psbot.sandbox.rules.references import relative_reference
from psbot.sandbox.state import global_ids, urls
from psbot.sandbox.state.accounts import AccessLevel, Membership
from psbot.sandbox.state.model import TYPE_NAMES, ItemType, Note, WorkItem


def paginate_items(items: Sequence[WorkItem], arguments: dict[str, Any]) -> Page:
    """Return a page of items."""
    return paginate(items, lambda item: item.id, arguments)


def type_node(type_: ItemType, number: int) -> dict[str, Any]:
    """Return a work item type as the schema shows it."""
    name = TYPE_NAMES[type_]
    return {
        "id": global_ids.gid("WorkItems::Type", number),
        "name": name,
        "iconName": f"work-item-{name.lower()}",
        "type": type_,
    }


def member_type_name(entry: Membership, _info: Info, _type: object) -> str:
    """Return the type of a membership."""
    return "GroupMember" if entry.namespace.is_group else "ProjectMember"


def access_node(value: AccessLevel) -> dict[str, Any]:
    """Return a role as the schema shows it."""
    name = "NO_ACCESS" if value is AccessLevel.NONE else value.name
    return {"integerValue": int(value), "stringValue": name, "humanAccess": value.name.capitalize()}


_USER: dict[str, Resolver] = {
    "id": lambda user, info: global_ids.gid("User", user.id),
    "bot": lambda user, info: user.is_bot,
    "human": lambda user, info: not user.is_bot,
    "active": lambda user, info: user.state == "active",
    "type": lambda user, info: user.kind.value.upper(),
    "webUrl": lambda user, info: urls.user_url(context_of(info).world, user),
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


def _readable_url(item: WorkItem | None, info: Info) -> str | None:
    ctx = context_of(info)
    if item is None or not access.can_read(ctx.world, ctx.user, item):
        return None
    return urls.item_url(ctx.world, item)


def _permissions(item: WorkItem, info: Info) -> dict[str, bool]:
    ctx = context_of(info)
    may_plan = access.can_set_metadata(ctx.world, ctx.user, item)
    return {
        "readWorkItem": True,
        "updateWorkItem": access.can_update(ctx.world, ctx.user, item),
        "deleteWorkItem": access.can_delete(ctx.world, ctx.user, item),
        "createNote": access.can_comment(ctx.world, ctx.user, item),
        "markNoteAsInternal": access.can_read_confidential(ctx.world, ctx.user, item.namespace),
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
    "titleHtml": lambda item, info: render_html(item.title),
    "descriptionHtml": lambda item, info: render_html(item.description),
    "state": lambda item, info: "OPEN" if item.is_open else "CLOSED",
    "project": lambda item, info: None if item.namespace.is_group else item.namespace,
    "workItemType": lambda item, info: type_node(
        item.type, context_of(info).world.types_of(item.namespace)[item.type]
    ),
    "webUrl": lambda item, info: urls.item_url(context_of(info).world, item),
    "webPath": lambda item, info: urls.item_path(item),
    "reference": lambda item, info, full=False: (
        item.reference if full else relative_reference(item, item.namespace)
    ),
    "createdAt": lambda item, info: item.created_at,
    "updatedAt": lambda item, info: item.updated_at,
    "closedAt": lambda item, info: item.closed_at,
    "lockVersion": lambda item, info: item.lock_version,
    "movedToWorkItemUrl": lambda item, info: _readable_url(item.moved_to, info),
    "duplicatedToWorkItemUrl": lambda item, info: _readable_url(item.duplicated_to, info),
    "promotedToEpicUrl": lambda item, info: None,
    "userDiscussionsCount": lambda item, info: sum(not note.is_system for note in item.notes),
    "userPermissions": _permissions,
    "archived": lambda item, info: item.namespace.is_archived,
    "hidden": lambda item, info: False,
    "imported": lambda item, info: False,
}


def _discussion(note: Note, info: Info) -> list[Note]:
    ctx = context_of(info)
    seen = (other for other in note.item.notes if access.can_read_note(ctx.world, ctx.user, other))
    return [other for other in seen if other.discussion_id == note.discussion_id]


_NOTE: dict[str, Resolver] = {
    "id": lambda note, info: global_ids.note_gid(note),
    "bodyHtml": lambda note, info: render_html(note.body),
    "bodyFirstLineHtml": lambda note, info: render_html(note.body.partition("\n")[0]),
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
    "url": lambda note, info: urls.note_url(context_of(info).world, note),
    "discussion": _discussion,
}


def paginate_notes(notes: Sequence[Note], arguments: dict[str, Any]) -> Page:
    """Return a page of notes."""
    return paginate(notes, lambda note: note.id, arguments)


_DISCUSSION: dict[str, Resolver] = {
    "id": lambda notes, info: global_ids.discussion_gid(notes[0]),
    "replyId": lambda notes, info: global_ids.discussion_gid(notes[0]),
    "createdAt": lambda notes, info: notes[0].created_at,
    "notes": lambda notes, info, **arguments: paginate_notes(notes, arguments),
    "resolvable": lambda notes, info: any(note.is_thread and not note.is_system for note in notes),
    "resolved": lambda notes, info: False,
}

_MEMBER: dict[str, Resolver] = {
    "id": lambda entry, info: global_ids.gid("Member", entry.id),
    "accessLevel": lambda entry, info: access_node(entry.access_level),
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
    "UserCore": _USER,
    "CurrentUser": _USER,
    "Label": _LABEL,
    "Milestone": _MILESTONE,
    "WorkItem": _ITEM,
    "Note": _NOTE,
    "Discussion": _DISCUSSION,
    "GroupMember": _MEMBER,
    "ProjectMember": _MEMBER,
    **{f"{name}Connection": CONNECTION_FIELDS for name in _CONNECTIONS},
}

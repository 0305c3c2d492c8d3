"""The JSON objects of REST responses."""

from datetime import UTC, datetime
from typing import Any

from psbot.sandbox.rules import task_lists
from psbot.sandbox.rules.item_changes import format_duration
from psbot.sandbox.rules.references import relative_reference
from psbot.sandbox.state import dates, urls
from psbot.sandbox.state.accounts import Membership, Namespace, Share, User
from psbot.sandbox.state.labels import Label, Milestone
from psbot.sandbox.state.model import Note, WorkItem
from psbot.sandbox.state.world import World

Entity = dict[str, Any]


def format_timestamp(at: datetime | None) -> str | None:
    """Return a time in the format of the REST API, with milliseconds."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def user_entity(world: World, user: User) -> Entity:
    """Return a user as every response includes them."""
    return {
        "id": user.id,
        "username": user.username,
        "public_email": "",
        "name": user.name,
        "state": user.state,
        "locked": False,
        "avatar_url": None,
        "web_url": urls.user_url(world, user),
    }


def account_entity(world: World, user: User) -> Entity:
    """Return a user as ``GET /user`` returns them."""
    return {**user_entity(world, user), "bot": user.is_bot, "is_admin": user.is_admin}


def namespace_entity(world: World, namespace: Namespace) -> Entity:
    """Return a group or a project."""
    common = {
        "id": namespace.id,
        "name": namespace.name,
        "path": namespace.path,
        "description": namespace.description,
        "visibility": namespace.visibility,
        "created_at": format_timestamp(namespace.created_at),
        "web_url": urls.namespace_url(world, namespace),
    }
    own = _group_fields(namespace) if namespace.is_group else _project_fields(world, namespace)
    return {**common, **own, "shared_with_groups": [_share_entity(share) for share in namespace.shares]}


def _full_name(namespace: Namespace) -> str:
    return " / ".join(one.name for one in reversed(namespace.self_and_ancestors))


def _group_fields(group: Namespace) -> Entity:
    return {
        "full_name": _full_name(group),
        "full_path": group.full_path,
        "parent_id": group.parent.id if group.parent else None,
        "avatar_url": None,
    }


def _project_fields(world: World, project: Namespace) -> Entity:
    return {
        "name_with_namespace": _full_name(project),
        "path_with_namespace": project.full_path,
        "archived": project.is_read_only,
        "issues_enabled": True,
        "open_issues_count": sum(item.is_open for item in world.items_of[project.namespace_id].values()),
        "namespace": project.parent and _parent_entity(world, project.parent),
    }


def _parent_entity(world: World, group: Namespace) -> Entity:
    return {
        "id": group.id,
        "name": group.name,
        "path": group.path,
        "kind": "group",
        "full_path": group.full_path,
        "parent_id": group.parent.id if group.parent else None,
        "web_url": urls.namespace_url(world, group),
    }


def _share_entity(share: Share) -> Entity:
    return {
        "group_id": share.group.id,
        "group_name": share.group.name,
        "group_full_path": share.group.full_path,
        "group_access_level": int(share.access_level),
        "expires_at": None,
        "member_role_id": None,
    }


def member_entity(world: World, entry: Membership) -> Entity:
    """Return a membership."""
    return {
        **user_entity(world, entry.user),
        "access_level": int(entry.access_level),
        "created_at": format_timestamp(entry.created_at),
        "expires_at": entry.expires_on.isoformat() if entry.expires_on else None,
        "membership_state": "active",
    }


def label_entity(label: Label) -> Entity:
    """Return a label."""
    return {
        "id": label.id,
        "name": label.title,
        "description": label.description,
        "description_html": label.description or "",
        "text_color": "#FFFFFF",
        "color": label.color,
        "archived": False,
        "subscribed": False,
        "priority": None,
        "is_project_label": not label.namespace.is_group,
    }


def milestone_entity(world: World, milestone: Milestone) -> Entity:
    """Return a milestone."""
    place = milestone.namespace
    return {
        "id": milestone.id,
        "iid": milestone.iid,
        ("group_id" if place.is_group else "project_id"): place.id,
        "title": milestone.title,
        "description": milestone.description,
        "state": milestone.state,
        "due_date": milestone.due_on and milestone.due_on.isoformat(),
        "start_date": milestone.start_on and milestone.start_on.isoformat(),
        "created_at": format_timestamp(milestone.created_at),
        "web_url": f"{urls.namespace_url(world, place)}/-/milestones/{milestone.iid}",
    }


def _common_fields(world: World, item: WorkItem) -> Entity:
    tasks = task_lists.parse_tasks(item.description)
    start, due = dates.start_of(item), dates.due_of(item)
    sign = "&" if item.is_epic else "#"
    return {
        "iid": item.iid,
        "title": item.title,
        "description": item.description,
        "state": item.state,
        "confidential": item.confidential,
        "labels": sorted(label.title for label in item.labels),
        "author": user_entity(world, item.author),
        "created_at": format_timestamp(item.created_at),
        "updated_at": format_timestamp(item.updated_at),
        "closed_at": format_timestamp(item.closed_at),
        "start_date": start and start.isoformat(),
        "due_date": due and due.isoformat(),
        "web_url": urls.item_url(world, item),
        "upvotes": 0,
        "downvotes": 0,
        "references": {
            "short": f"{sign}{item.iid}",
            "relative": relative_reference(item, item.namespace),
            "full": item.reference,
        },
        "task_completion_status": {
            "count": len(tasks),
            "completed_count": sum(task.is_done for task in tasks),
        },
    }


def issue_entity(world: World, item: WorkItem) -> Entity:
    """Return an issue; its ID is the work item's."""
    epic = item.parent if item.parent and item.parent.is_epic else None
    people = [user_entity(world, user) for user in item.assignees]
    return {
        **_common_fields(world, item),
        "id": item.id,
        "project_id": item.namespace.id,
        "type": item.type.value,
        "issue_type": item.type.value.lower(),
        "assignees": people,
        "assignee": people[0] if people else None,
        "milestone": milestone_entity(world, item.milestone) if item.milestone else None,
        "closed_by": user_entity(world, item.closed_by) if item.closed_by else None,
        "user_notes_count": sum(not note.is_system for note in item.notes),
        "discussion_locked": item.is_locked,
        "weight": item.weight,
        "epic_iid": epic.iid if epic else None,
        "epic": epic
        and {
            "id": epic.legacy_id,
            "iid": epic.iid,
            "title": epic.title,
            "url": urls.item_path(epic),
            "group_id": epic.namespace.id,
        },
        "moved_to_id": item.moved_to.id if item.moved_to else None,
        "severity": "UNKNOWN",
        "time_stats": time_stats_entity(item),
    }


def time_stats_entity(item: WorkItem) -> Entity:
    """Return the estimated and spent time."""
    return {
        "time_estimate": item.estimate_seconds,
        "total_time_spent": item.spent_seconds,
        "human_time_estimate": format_duration(item.estimate_seconds) if item.estimate_seconds else None,
        "human_total_time_spent": format_duration(item.spent_seconds) if item.spent_seconds else None,
    }


def epic_entity(world: World, item: WorkItem) -> Entity:
    """Return an epic; its ``id`` differs from its ``work_item_id``."""
    data = _common_fields(world, item)
    del data["task_completion_status"]
    parent = item.parent
    return {
        **data,
        "id": item.legacy_id,
        "work_item_id": item.id,
        "group_id": item.namespace.id,
        "parent_id": parent.legacy_id if parent else None,
        "parent_iid": parent.iid if parent else None,
        "color": item.color,
        "start_date_is_fixed": item.has_fixed_dates,
        "start_date_fixed": item.start_on and item.start_on.isoformat(),
        "due_date_is_fixed": item.has_fixed_dates,
        "due_date_fixed": item.due_on and item.due_on.isoformat(),
    }


def note_entity(world: World, note: Note) -> Entity:
    """Return a note."""
    item = note.item
    return {
        "id": note.id,
        "type": "DiscussionNote" if note.is_thread else None,
        "body": note.body,
        "author": user_entity(world, note.author),
        "created_at": format_timestamp(note.created_at),
        "updated_at": format_timestamp(note.updated_at),
        "system": note.is_system,
        "noteable_id": item.legacy_id if item.is_epic else item.id,
        "noteable_type": "Epic" if item.is_epic else "Issue",
        "noteable_iid": item.iid,
        "project_id": None if item.is_epic else item.namespace.id,
        "resolvable": note.is_thread and not note.is_system,
        "confidential": note.is_internal,
        "internal": note.is_internal,
        "imported": False,
        "imported_from": "none",
        "commands_changes": {},
    }


def discussion_entity(world: World, notes: list[Note]) -> Entity:
    """Return a discussion with its notes."""
    return {
        "id": notes[0].discussion_id,
        "individual_note": not notes[0].is_thread,
        "notes": [note_entity(world, note) for note in notes],
    }

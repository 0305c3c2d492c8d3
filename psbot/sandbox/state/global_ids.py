"""GraphQL global IDs, ``gid://gitlab/<Model>/<id>``, and the models that each ID scalar accepts."""

import re

from psbot.sandbox.state.accounts import Namespace
from psbot.sandbox.state.labels import Label
from psbot.sandbox.state.model import Note, WorkItem

_GID = re.compile(r"gid://gitlab/(?P<model>[A-Za-z:]+)/(?P<id>[0-9a-f]+)\Z")

# The models that each scalar accepts.
MODELS = {
    "WorkItemID": ("WorkItem", "Issue", "Epic"),
    "LabelID": ("Label", "GroupLabel", "ProjectLabel"),
    "UserID": ("User",),
    "NoteID": ("Note", "DiscussionNote", "SyntheticNote", "LabelNote", "StateNote", "MilestoneNote"),
    "NoteableID": ("WorkItem", "Issue", "Epic"),
    "DiscussionID": ("Discussion", "IndividualNoteDiscussion"),
    "MilestoneID": ("Milestone",),
    "WorkItemsTypeID": ("WorkItems::Type",),
    "WorkItemsRelatedWorkItemLinkID": ("WorkItems::RelatedWorkItemLink",),
    "SystemNoteMetadataID": ("SystemNoteMetadata",),
}


class BadGlobalId(ValueError):
    """Text that is not a global ID, or the global ID of another model."""


def parse_gid(text: object, scalar: str) -> str:
    """Return the ID part of the global ID *text*; BadGlobalId unless its model fits *scalar*."""
    match = _GID.match(str(text))
    if match is None:
        raise BadGlobalId(f'"{text}" is not a valid Global ID')
    if match["model"] not in MODELS[scalar]:
        raise BadGlobalId(f'"{text}" does not represent an instance of {MODELS[scalar][0]}')
    return match["id"]


def gid(model: str, number: object) -> str:
    """Return the global ID."""
    return f"gid://gitlab/{model}/{number}"


def item_gid(item: WorkItem) -> str:
    """Return the global ID of a work item."""
    return gid("WorkItem", item.id)


def label_gid(label: Label) -> str:
    """Return the global ID of a group's or a project's label."""
    return gid("GroupLabel" if label.namespace.is_group else "ProjectLabel", label.id)


def namespace_gid(namespace: Namespace) -> str:
    """Return the global ID of a group or a project."""
    return gid("Group" if namespace.is_group else "Project", namespace.id)


def note_gid(note: Note) -> str:
    """Return the global ID of a note; a synthetic note is named after its event."""
    if note.is_synthetic:
        model = {"label": "LabelNote", "milestone": "MilestoneNote"}.get(note.action or "", "StateNote")
        return gid(model, note.discussion_id)
    return gid("DiscussionNote" if note.is_thread else "Note", note.id)


def discussion_gid(note: Note) -> str:
    """Return the global ID of a note's discussion."""
    return gid("Discussion", note.discussion_id)

"""GitLab's JSON becomes values, strictly: missing or malformed data is an error, never an empty value."""

from collections.abc import Mapping
from dataclasses import replace

from psbot.core.model.history import Activity, NoteEvent
from psbot.core.model.item import NewestNote
from psbot.core.model.work_item import Author, WorkItem
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import PAGE_SIZE
from psbot.gitlab.item_types import EPIC_TYPE, ISSUE_TYPE
from psbot.gitlab.node import Node, malformed
from psbot.gitlab.system_notes import SystemNote
from psbot.gitlab.values import Comment, ItemSummary

_MACHINE_TYPES = frozenset({"SERVICE_ACCOUNT", "PROJECT_BOT", "SERVICE_USER"})
_GHOST_TYPE = "GHOST"
_MENTION_ACTION = "cross_reference"  # GitLab, app/models/system_note_metadata.rb


def parse_author(node: Node | None) -> Author | None:
    """Return the account of a UserCore object."""
    if node is None:
        return None
    kind = node.text("type")
    is_machine = node.boolean("bot") or kind in _MACHINE_TYPES or kind.endswith("_BOT")
    return Author(parse_username(node), is_machine, kind == _GHOST_TYPE)


def parse_username(node: Node) -> str:
    """Return a username in lower case: GitLab takes names in upper and lower case as the same."""
    return node.text("username").lower()


def parse_work_item(node: Node, *, with_newest_note: bool = False) -> WorkItem:
    """Return a work item; raises GitLabError, with the item's address, for one that is malformed.

    *with_newest_note* it has its newest note instead of time spent, ids of labels and closing time.
    """
    try:
        return _parse_work_item(node, with_newest_note=with_newest_note)
    except GitLabError as error:
        raise GitLabError(f"{error.message}, of {_address(node)}", error.hint) from None


def _address(node: Node) -> str:
    """Return the address of a work item, or what else is known of it."""
    return str(node.value.get("webUrl") or node.value.get("id") or "an item without an address")


def _parse_work_item(node: Node, *, with_newest_note: bool) -> WorkItem:
    widgets = _merged_widgets(node)
    labels = widgets.node("labels").nodes("nodes")
    if len(labels) >= PAGE_SIZE:
        namespace = node.node("namespace").text("fullPath")
        raise malformed(f"item {node.number('iid')} of {namespace} has {PAGE_SIZE} labels or more")
    # Widgets depend on the edition and the type: incidents have no dates (GitLab 19.4,
    # app/models/work_items/types_framework/system_defined/definitions/incident.rb).
    assignees = widgets.node("assignees").nodes("nodes") if "assignees" in widgets.value else []
    parent = widgets.node_or_none("parent") if "parent" in widgets.value else None
    item_type = node.node("workItemType")
    type_gid, type_name = item_type.text("id"), item_type.text("name")
    is_epic = EPIC_TYPE.is_same(type_gid, type_name)
    return WorkItem(
        gid=node.gid(),
        iid=node.number("iid"),
        namespace=node.node("namespace").text("fullPath"),
        title=node.text("title"),
        description=node.text_or_none("description") or "",
        author=parse_author(node.node_or_none("author")),
        is_epic=is_epic,
        labels=frozenset(each.text("title") for each in labels),
        assignees=tuple(map(parse_username, assignees)),
        start_on=widgets.date_or_none("startDate") if "startDate" in widgets.value else None,
        due_on=widgets.date_or_none("dueDate") if "dueDate" in widgets.value else None,
        confidential=node.boolean("confidential"),
        is_open=node.text("state") == "OPEN",
        url=node.text_or_none("webUrl"),
        parent=parent.gid() if parent else None,
        is_moved=node.text_or_none("movedToWorkItemUrl") is not None,
        updated_at=node.instant("updatedAt"),
        closed_at=None if with_newest_note else node.instant_or_none("closedAt"),
        seconds_spent=0 if with_newest_note else _seconds_spent(widgets),
        label_gids={} if with_newest_note else {each.text("title"): each.text("id") for each in labels},
        created_at=node.instant("createdAt"),
        newest_note=_parse_newest_note(widgets) if with_newest_note else None,
        other_type="" if is_epic or ISSUE_TYPE.is_same(type_gid, type_name) else type_name,
    )


def _merged_widgets(node: Node) -> Node:
    """Return the fields of all widgets of a work item as one object."""
    fields = {key: value for widget in node.nodes("widgets") for key, value in widget.value.items()}
    return Node(fields, f"{node.path}.widgets")


def _parse_newest_note(widgets: Node) -> NewestNote | None:
    threads = widgets.node("discussions").nodes("nodes")
    for note in (note for each in threads for note in each.node("notes").nodes("nodes")):
        event = _parse_note_event(note)
        known = event.author is not None and not event.author.is_ghost
        return NewestNote(
            event.author.username if known and event.author else None,
            bool(event.author and event.author.is_machine),
            event.at,
            event.is_mention,
        )
    return None


def _seconds_spent(widgets: Node) -> int:
    """Return the time spent on an item in seconds; 0 for a type without time tracking."""
    return widgets.number("totalTimeSpent") if widgets.value.get("totalTimeSpent") else 0


def parse_summary(node: Node) -> ItemSummary:
    """Return the summary of a work item, with its parent where the query asks for it."""
    widgets = (
        {widget.text("type"): widget for widget in node.nodes("widgets")} if "widgets" in node.value else {}
    )
    parent = widgets["HIERARCHY"].node_or_none("parent") if "HIERARCHY" in widgets else None
    return ItemSummary(node.gid(), node.text_or_none("description") or "", parent.gid() if parent else None)


def discussions_of(node: Node) -> Node:
    """Return the connection of a work item's discussions."""
    widgets = {widget.text("type"): widget for widget in node.nodes("widgets")}
    return _widget(widgets, "NOTES").node("discussions")


def _note_nodes(node: Node) -> list[Node]:
    return [
        note for each in discussions_of(node).nodes("nodes") for note in each.node("notes").nodes("nodes")
    ]


def parse_system_notes(node: Node) -> list[SystemNote]:
    """Return the system notes of a work item, in the order of the answer."""
    return [
        SystemNote(
            note.text("body"),
            _system_note_action(note.node_or_none("systemNoteMetadata")),
            parse_author(note.node_or_none("author")),
            note.instant("createdAt"),
        )
        for note in _note_nodes(node)
    ]


def parse_note_events(node: Node) -> list[NoteEvent]:
    """Return the events of all notes of a work item, in the order of the answer."""
    return [replace(_parse_note_event(note), is_system=note.boolean("system")) for note in _note_nodes(node)]


def _parse_note_event(note: Node) -> NoteEvent:
    action = _system_note_action(note.node_or_none("systemNoteMetadata"))
    return NoteEvent(
        parse_author(note.node_or_none("author")),
        note.instant("createdAt"),
        is_system=action is not None,
        is_mention=action == _MENTION_ACTION,
    )


def _system_note_action(metadata: Node | None) -> str | None:
    return metadata.text_or_none("action") if metadata else None


def parse_comments(node: Node) -> list[Comment]:
    """Return the comments on a work item, in the order of the answer."""
    return [
        Comment(
            note.gid(),
            note.text("body"),
            parse_author(note.node_or_none("author")),
            note.instant("createdAt"),
            parse_author(note.node_or_none("lastEditedBy")),
        )
        for note in _note_nodes(node)
        if not note.boolean("system")
    ]


def parse_activity(node: Node) -> Activity:
    """Return who created, edited and commented on a work item."""
    widgets = {widget.text("type"): widget for widget in node.nodes("widgets")}
    notes = _note_nodes(node)
    return Activity(
        created_by=parse_author(node.node_or_none("author")),
        created_at=node.instant("createdAt"),
        notes=tuple(
            NoteEvent(
                parse_author(note.node_or_none("author")), note.instant("createdAt"), note.boolean("system")
            )
            for note in notes
        ),
        edited_by=parse_author(_widget(widgets, "DESCRIPTION").node_or_none("lastEditedBy")),
        has_all_notes=discussions_of(node).next_cursor() is None,
    )


def _widget(widgets: Mapping[str, Node], name: str) -> Node:
    if name not in widgets:
        raise malformed(f"a work item has no widget {name}")
    return widgets[name]

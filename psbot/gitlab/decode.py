"""GitLab's JSON becomes values, strictly: missing or malformed data is an error, never an empty value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from psbot.core.model.history import Activity, NoteEvent
from psbot.core.model.item import NewestNote
from psbot.core.model.work_item import Author, WorkItem
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import PAGE_SIZE
from psbot.gitlab.system_notes import SystemNote
from psbot.gitlab.values import Comment, ItemSummary

_MACHINE_TYPES = frozenset({"SERVICE_ACCOUNT", "PROJECT_BOT", "SERVICE_USER"})
_GHOST_TYPE = "GHOST"
_MENTION_ACTION = "cross_reference"  # GitLab, app/models/system_note_metadata.rb
_MAX_DIGITS = 18  # digits
_GLOBAL_ID = re.compile(r"gid://[A-Za-z0-9_/:-]+/[0-9]{1,18}", re.ASCII)


def malformed(what: str) -> GitLabError:
    """Return the error for an answer that is not as the API defines it."""
    return GitLabError(
        f"GitLab's answer is malformed: {what}", "psbot plans nothing from it; run again, or run psbot doctor"
    )


def is_gid(found: object) -> bool:
    """Tell whether *found* is a global id that ends with a number."""
    return isinstance(found, str) and _GLOBAL_ID.fullmatch(found) is not None


@dataclass(frozen=True, slots=True)
class Node:
    """An object of an answer; ``path`` is its place in the answer, for errors."""

    value: Mapping[str, object]
    path: str

    def node_or_none(self, key: str) -> "Node | None":
        """Return the object under *key*, None for null."""
        found = self._get(key)
        if found is None:
            return None
        if not isinstance(found, dict):
            raise malformed(f"{self.path}.{key} is not an object")
        return Node(found, f"{self.path}.{key}")

    def node(self, key: str) -> "Node":
        """Return the object under *key*."""
        found = self.node_or_none(key)
        if found is None:
            raise malformed(f"{self.path}.{key} is empty")
        return found

    def nodes(self, key: str) -> list["Node"]:
        """Return the list of objects under *key*; null and null entries are errors."""
        found = self._get(key)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise malformed(f"{self.path}.{key} is not a list of objects")
        return [Node(each, f"{self.path}.{key}") for each in found]

    def text(self, key: str) -> str:
        """Return the text under *key*."""
        found = self._get(key)
        if not isinstance(found, str):
            raise malformed(f"{self.path}.{key} is not a string")
        return found

    def text_or_none(self, key: str) -> str | None:
        """Return the text under *key*, None for null."""
        return None if self._get(key) is None else self.text(key)

    def number(self, key: str) -> int:
        """Return the whole number under *key*; GitLab writes some as text."""
        found = self._get(key)
        digits = str(found) if isinstance(found, int | str) and not isinstance(found, bool) else ""
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS):
            raise malformed(f"{self.path}.{key} is not a number")
        return int(digits)

    def gid(self) -> str:
        """Return the global id of the object, which ends with a number."""
        found = self.text("id")
        if not is_gid(found):
            raise malformed(f"{self.path}.id is not a global id")
        return found

    def boolean(self, key: str) -> bool:
        """Return the boolean under *key*."""
        found = self._get(key)
        if not isinstance(found, bool):
            raise malformed(f"{self.path}.{key} is not a boolean")
        return found

    def date_or_none(self, key: str) -> date | None:
        """Return the date under *key*, None for null; GitLab may give a time with it."""
        found = self.text_or_none(key)
        try:
            return date.fromisoformat(found[:10]) if found else None
        except ValueError:
            raise malformed(f"{self.path}.{key} is not a date") from None

    def instant(self, key: str) -> datetime:
        """Return the aware time under *key*."""
        try:
            found = datetime.fromisoformat(self.text(key))
        except ValueError:
            found = datetime.min  # noqa: DTZ901  refused below, like every time without a zone
        if found.tzinfo is None:
            raise malformed(f"{self.path}.{key} is not a time with a time zone")
        return found

    def instant_or_none(self, key: str) -> datetime | None:
        """Return the aware time under *key*, None for null."""
        return None if self._get(key) is None else self.instant(key)

    def next_cursor(self) -> str | None:
        """Return the cursor of the next page of a connection, None at its end."""
        info = self.node("pageInfo")
        return info.text("endCursor") if info.boolean("hasNextPage") else None

    def _get(self, key: str) -> object:
        if key not in self.value:
            raise malformed(f"{self.path}.{key} is missing")
        return self.value[key]


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
    """Return a work item; every widget that psbot needs must be present.

    *with_newest_note* it has its newest note instead of URL, time spent, ids of labels and closing time.
    """
    widgets = _merged_widgets(node)
    labels = widgets.node("labels").nodes("nodes")
    if len(labels) >= PAGE_SIZE:
        namespace = node.node("namespace").text("fullPath")
        raise malformed(f"item {node.number('iid')} of {namespace} has {PAGE_SIZE} labels or more")
    # Some editions have epics without assignees.
    assignees = widgets.node("assignees").nodes("nodes") if "assignees" in widgets.value else []
    parent = widgets.node_or_none("parent")
    return WorkItem(
        gid=node.gid(),
        iid=node.number("iid"),
        namespace=node.node("namespace").text("fullPath"),
        title=node.text("title"),
        description=node.text_or_none("description") or "",
        author=parse_author(node.node_or_none("author")),
        is_epic=node.node("workItemType").text("name") == "Epic",
        labels=frozenset(each.text("title") for each in labels),
        assignees=tuple(map(parse_username, assignees)),
        start_on=widgets.date_or_none("startDate"),
        due_on=widgets.date_or_none("dueDate"),
        confidential=node.boolean("confidential"),
        is_open=node.text("state") == "OPEN",
        url=None if with_newest_note else node.text_or_none("webUrl"),
        parent=parent.gid() if parent else None,
        is_moved=node.text_or_none("movedToWorkItemUrl") is not None,
        updated_at=node.instant("updatedAt"),
        closed_at=None if with_newest_note else node.instant_or_none("closedAt"),
        seconds_spent=0 if with_newest_note else _seconds_spent(widgets),
        label_gids={} if with_newest_note else {each.text("title"): each.text("id") for each in labels},
        created_at=node.instant("createdAt"),
        newest_note=_parse_newest_note(widgets) if with_newest_note else None,
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

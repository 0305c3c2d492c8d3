"""GitLab's JSON → values, strictly: what is missing or odd is an error, never an empty value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from psbot.core.model.history import Act, Activity
from psbot.core.model.item import NewestNote
from psbot.core.model.work_item import Author, Sighting
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import PAGE
from psbot.gitlab.system_notes import SystemNote
from psbot.gitlab.values import Brief, Comment

_MACHINES = frozenset({"SERVICE_ACCOUNT", "PROJECT_BOT", "SERVICE_USER"})
_GHOST = "GHOST"
_MENTION = "cross_reference"  # GitLab, app/models/system_note_metadata.rb
_LONGEST_NUMBER = 18  # digits
_GLOBAL_ID = re.compile(r"gid://[A-Za-z0-9_/:-]+/[0-9]{1,18}", re.ASCII)


def odd(what: str) -> GitLabError:
    """Return the error for an answer that cannot be right."""
    return GitLabError(
        f"GitLab's answer looks wrong: {what}", "psbot plans nothing from it; run again, and ask psbot doctor"
    )


def is_gid(found: object) -> bool:
    """Tell whether *found* is a global id that ends with a number."""
    return isinstance(found, str) and _GLOBAL_ID.fullmatch(found) is not None


@dataclass(frozen=True, slots=True)
class Node:
    """An object of an answer; ``where`` says which, for errors."""

    value: Mapping[str, object]
    where: str

    def optional(self, key: str) -> "Node | None":
        """Return the object under *key*, None for null."""
        found = self._get(key)
        if found is None:
            return None
        if not isinstance(found, dict):
            raise odd(f"{self.where}.{key} is not an object")
        return Node(found, f"{self.where}.{key}")

    def node(self, key: str) -> "Node":
        """Return the object under *key*."""
        found = self.optional(key)
        if found is None:
            raise odd(f"{self.where}.{key} is empty")
        return found

    def nodes(self, key: str) -> list["Node"]:
        """Return the list of objects under *key*; null and null entries are odd."""
        found = self._get(key)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise odd(f"{self.where}.{key} has gaps")
        return [Node(each, f"{self.where}.{key}") for each in found]

    def text(self, key: str) -> str:
        """Return the text under *key*."""
        found = self._get(key)
        if not isinstance(found, str):
            raise odd(f"{self.where}.{key} is not a text")
        return found

    def text_or_none(self, key: str) -> str | None:
        """Return the text under *key*, None for null."""
        return None if self._get(key) is None else self.text(key)

    def number(self, key: str) -> int:
        """Return the whole number under *key*; GitLab writes some as text."""
        found = self._get(key)
        digits = str(found) if isinstance(found, int | str) and not isinstance(found, bool) else ""
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_NUMBER):
            raise odd(f"{self.where}.{key} is not a number")
        return int(digits)

    def gid(self) -> str:
        """Return the global id of the object, which ends with a number."""
        found = self.text("id")
        if not is_gid(found):
            raise odd(f"{self.where}.id is not a global id")
        return found

    def flag(self, key: str) -> bool:
        """Return the truth value under *key*."""
        found = self._get(key)
        if not isinstance(found, bool):
            raise odd(f"{self.where}.{key} is neither true nor false")
        return found

    def day(self, key: str) -> date | None:
        """Return the date under *key*, None for null; GitLab may give a time with it."""
        found = self.text_or_none(key)
        try:
            return date.fromisoformat(found[:10]) if found else None
        except ValueError:
            raise odd(f"{self.where}.{key} is not a date") from None

    def instant(self, key: str) -> datetime:
        """Return the aware time under *key*."""
        try:
            found = datetime.fromisoformat(self.text(key))
        except ValueError:
            found = datetime.min  # noqa: DTZ901  refused below, like every time without a zone
        if found.tzinfo is None:
            raise odd(f"{self.where}.{key} is not a time with its zone")
        return found

    def instant_or_none(self, key: str) -> datetime | None:
        """Return the aware time under *key*, None for null."""
        return None if self._get(key) is None else self.instant(key)

    def cursor(self) -> str | None:
        """Return the cursor of the next page of a connection, None at its end."""
        info = self.node("pageInfo")
        return info.text("endCursor") if info.flag("hasNextPage") else None

    def _get(self, key: str) -> object:
        if key not in self.value:
            raise odd(f"{self.where}.{key} is missing")
        return self.value[key]


def author(node: Node | None) -> Author | None:
    """Return the account of a UserCore object."""
    if node is None:
        return None
    kind = node.text("type")
    is_machine = node.flag("bot") or kind in _MACHINES or kind.endswith("_BOT")
    return Author(node.text("username"), is_machine, kind == _GHOST)


def sighting(node: Node, *, with_newest: bool = False) -> Sighting:
    """Return a work item; every widget that psbot needs must be there.

    *with_newest* of its notes it comes without address, time booked, ids of labels and when it was closed.
    """
    widgets = _widgets(node)
    labels = widgets.node("labels").nodes("nodes")
    if len(labels) >= PAGE:
        place = node.node("namespace").text("fullPath")
        raise odd(f"item {node.number('iid')} of {place} has {PAGE} labels or more")
    # An edition may have epics without assignees.
    people = widgets.node("assignees").nodes("nodes") if "assignees" in widgets.value else []
    parent = widgets.optional("parent")
    return Sighting(
        gid=node.gid(),
        iid=node.number("iid"),
        namespace=node.node("namespace").text("fullPath"),
        title=node.text("title"),
        description=node.text_or_none("description") or "",
        author=author(node.optional("author")),
        is_epic=node.node("workItemType").text("name") == "Epic",
        labels=frozenset(each.text("title") for each in labels),
        assignees=tuple(each.text("username") for each in people),
        start_on=widgets.day("startDate"),
        due_on=widgets.day("dueDate"),
        confidential=node.flag("confidential"),
        is_open=node.text("state") == "OPEN",
        url=None if with_newest else node.text_or_none("webUrl"),
        parent=parent.gid() if parent else None,
        is_moved=node.text_or_none("movedToWorkItemUrl") is not None,
        updated_at=node.instant("updatedAt"),
        closed_at=None if with_newest else node.instant_or_none("closedAt"),
        seconds_spent=0 if with_newest else _spent(widgets),
        label_gids={} if with_newest else {each.text("title"): each.text("id") for each in labels},
        made_at=node.instant("createdAt"),
        newest=_newest(widgets) if with_newest else None,
    )


def _widgets(node: Node) -> Node:
    """Return all widgets of a work item as one object: each has fields of its own."""
    fields = {key: value for widget in node.nodes("widgets") for key, value in widget.value.items()}
    return Node(fields, f"{node.where}.widgets")


def _newest(widgets: Node) -> NewestNote | None:
    threads = widgets.node("discussions").nodes("nodes")
    for note in (note for each in threads for note in each.node("notes").nodes("nodes")):
        act = _act(note)
        known = act.author is not None and not act.author.is_ghost
        return NewestNote(
            act.author.username if known and act.author else None,
            bool(act.author and act.author.is_machine),
            act.at,
            act.is_mention,
        )
    return None


def _spent(widgets: Node) -> int:
    """Return the seconds booked on an item; a type without time tracking has none, and neither has null."""
    return widgets.number("totalTimeSpent") if widgets.value.get("totalTimeSpent") else 0


def brief(node: Node) -> Brief:
    """Return a work item in short; its parent where it was asked for."""
    widgets = (
        {widget.text("type"): widget for widget in node.nodes("widgets")} if "widgets" in node.value else {}
    )
    parent = widgets["HIERARCHY"].optional("parent") if "HIERARCHY" in widgets else None
    return Brief(node.gid(), node.text_or_none("description") or "", parent.gid() if parent else None)


def discussions(node: Node) -> Node:
    """Return the connection of a work item's discussions."""
    widgets = {widget.text("type"): widget for widget in node.nodes("widgets")}
    return _widget(widgets, "NOTES").node("discussions")


def _notes(node: Node) -> list[Node]:
    return [note for each in discussions(node).nodes("nodes") for note in each.node("notes").nodes("nodes")]


def system_notes(node: Node) -> list[SystemNote]:
    """Return what GitLab noted of a work item, in the order it came."""
    return [
        SystemNote(
            note.text("body"),
            _action(note.optional("systemNoteMetadata")),
            author(note.optional("author")),
            note.instant("createdAt"),
        )
        for note in _notes(node)
    ]


def acts(node: Node) -> list[Act]:
    """Return what was done to and written on a work item, in the order it came."""
    return [replace(_act(note), is_system=note.flag("system")) for note in _notes(node)]


def _act(note: Node) -> Act:
    action = _action(note.optional("systemNoteMetadata"))
    return Act(
        author(note.optional("author")),
        note.instant("createdAt"),
        is_system=action is not None,
        is_mention=action == _MENTION,
    )


def _action(metadata: Node | None) -> str | None:
    return metadata.text_or_none("action") if metadata else None


def comments(node: Node) -> list[Comment]:
    """Return what people and machines wrote on a work item, in the order it came."""
    return [
        Comment(
            note.gid(),
            note.text("body"),
            author(note.optional("author")),
            note.instant("createdAt"),
            author(note.optional("lastEditedBy")),
        )
        for note in _notes(node)
        if not note.flag("system")
    ]


def activity(node: Node) -> Activity:
    """Return what was done to a work item."""
    widgets = {widget.text("type"): widget for widget in node.nodes("widgets")}
    notes = _notes(node)
    return Activity(
        made_by=author(node.optional("author")),
        made_at=node.instant("createdAt"),
        acts=tuple(
            Act(author(note.optional("author")), note.instant("createdAt"), note.flag("system"))
            for note in notes
        ),
        edited_by=author(_widget(widgets, "DESCRIPTION").optional("lastEditedBy")),
        is_complete=discussions(node).cursor() is None,
    )


def _widget(widgets: Mapping[str, Node], name: str) -> Node:
    if name not in widgets:
        raise odd(f"a work item came without its widget {name}")
    return widgets[name]

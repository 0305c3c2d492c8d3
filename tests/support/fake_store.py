"""What the fake GitLab holds, what people do to it, and the traps of GitLab that it imitates."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from psbot.core.model.history import LabelEvent, NoteEvent, StateEvent
from psbot.core.model.item import NewestNote
from psbot.core.model.labels import Label
from psbot.core.model.work_item import Author, WorkItem
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.values import (
    Comment,
    ItemSummary,
    NamespaceAccess,
    Page,
    PageRequest,
)
from tests.support.builders import GROUP, INTERNAL, LABEL_GROUP, NOW, SHARED

BOT = Author("psbot-bot", is_machine=True)
PLANNER = 15
LONGEST_TITLE = 255
# GitLab's answer for what is hidden, forbidden or not there: which of these it is, it does not say.
UNAVAILABLE = "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
Fault = Callable[[], Exception]


@dataclass
class Stored:
    """One work item with its history."""

    work_item: WorkItem
    updated_at: datetime
    created_at: datetime
    acts: list[NoteEvent] = field(default_factory=list)
    edited_by: Author | None = None
    is_deleted: bool = False
    labelled: list[LabelEvent] = field(default_factory=list)
    switched: list[StateEvent] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)


class FakeStore:
    """A small world: one group with two projects, labels above them, and some people."""

    def __init__(self, page: int = 100) -> None:
        self.page = page
        self.now = NOW
        self.me = BOT
        self.requests: list[str] = []
        self.writes: list[str] = []
        self.levels: dict[str, int | None] = dict.fromkeys((GROUP, SHARED, INTERNAL, LABEL_GROUP), 40)
        self.has_epics = True
        self.archived: set[str] = set()
        self.labels: dict[str, str] = {}
        self.accounts = {name: Author(name) for name in ("maria", "paul", "petra", "pia", "ada", "zoe")} | {
            BOT.username: BOT
        }
        self.inactive: set[str] = set()
        self.outsiders: set[tuple[str, str]] = {
            *(("ada", place) for place in (GROUP, INTERNAL)),
            *(("zoe", place) for place in (GROUP, SHARED, INTERNAL)),
        }
        self.items: dict[str, Stored] = {}
        self.faults: list[tuple[str, bool, Fault]] = []
        self.skip_faults: dict[str, int] = {}
        self.refusals: dict[str, str] = {}
        self.before_write: list[Callable[[], None]] = []
        self.hidden: set[str] = set()
        self.hidden_notes: set[str] = set()
        self._lock = RLock()

    def person_edits(self, gid: str, by: str, **fields: Any) -> None:
        """Change an item as a person in the browser does; leaves a system note."""
        self._change(gid, self.accounts[by], fields)

    def person_comments(self, gid: str, by: str, body: str = "Fine.") -> None:
        """Leave a comment on an item; GitLab moves the time of its last change with it."""
        self._comment(gid, self.accounts[by], body)

    def person_makes(self, by: str, namespace: str, **fields: Any) -> str:
        """Make an item as a person in the browser does."""
        return self._make(self.accounts[by], namespace, fields)

    def delete(self, gid: str) -> None:
        """Delete an item."""
        self.items[gid].is_deleted = True

    def fail(self, method: str, error: Fault, *, carried_out: bool) -> None:
        """Let the next call of *method* fail, after it was carried out or before."""
        self.faults.append((method, carried_out, error))

    def by_key(self, key: str) -> list[WorkItem]:
        """Return the items whose marker has *key*, oldest first."""
        found = [each for each in self._all() if each.marker and each.marker.item == key]
        return sorted(found, key=lambda each: each.numeric_id)

    def _request(self, method: str) -> None:
        self.requests.append(method)
        for number, (name, _, error) in enumerate(self.faults):
            if name == method:
                del self.faults[number]
                raise error()

    def _interject(self) -> None:
        with self._lock:
            actions = self.before_write[:1]
            del self.before_write[:1]
        for action in actions:
            action()

    def _write(self, method: str) -> Fault | None:
        self.requests.append(method)
        self.writes.append(method)
        if self.skip_faults.get(method, 0) > 0:
            self.skip_faults[method] -= 1
            return None
        for number, (name, carried_out, error) in enumerate(self.faults):
            if name == method:
                del self.faults[number]
                if not carried_out:
                    raise error()
                return error
        return None

    @staticmethod
    def _raise(fault: Fault | None) -> None:
        if fault:
            raise fault()

    def _place(self, path: str, item_type: str | None) -> NamespaceAccess | None:
        level = self.levels.get(path)
        return None if level is None else NamespaceAccess(path, level, item_type, path in self.archived)

    def _labels(self, group: str) -> Mapping[str, str] | None:
        return None if self.levels.get(group) is None else dict(self.labels)

    def _page(self, group: str, ask: PageRequest) -> Page:
        if self.levels.get(group) is None:
            raise GitLabError("the group is hidden")
        below = [
            each
            for each in self._all()
            if ask.item_list is not ItemList.CONFIDENTIAL or each.namespace == group
        ]
        matching = sorted((each for each in below if matches(each, ask)), key=lambda each: each.numeric_id)
        start = int(ask.cursor or 0)
        visible = [each for each in matching[start : start + self.page] if each.gid not in self.hidden]
        more = str(start + self.page) if start + self.page < len(matching) else None
        if ask.item_list in (ItemList.LABELLED, ItemList.UPDATED):
            briefs = tuple(
                ItemSummary(
                    each.gid, each.description, each.parent if ask.item_list is ItemList.UPDATED else None
                )
                for each in visible
            )
            return Page((), briefs, len(matching), more)
        shown = map(self._with_newest, visible) if ask.with_newest_note else visible
        return Page(tuple(shown), (), len(matching), more)

    def _all(self) -> Iterator[WorkItem]:
        stored = [each for each in self.items.values() if not each.is_deleted]
        return (
            replace(
                each.work_item,
                updated_at=each.updated_at,
                created_at=each.created_at,
                closed_at=None if each.work_item.is_open or not each.switched else each.switched[-1].at,
            )
            for each in stored
        )

    def _with_newest(self, work_item: WorkItem) -> WorkItem:
        act = max(self.items[work_item.gid].acts, key=lambda act: act.at)
        author = act.author if act.author and not act.author.is_ghost else None
        return replace(
            work_item,
            closed_at=None,
            seconds_spent=0,
            label_gids={},
            newest_note=NewestNote(
                author.username if author else None,
                bool(author and author.is_machine),
                act.at,
                act.is_mention,
            ),
        )

    def _is_member(self, username: str, path: str) -> bool:
        return (username, path) not in self.outsiders and username in self.accounts

    def _ids(self) -> list[tuple[str, str]]:
        return [(name, user_gid(name)) for name in self.accounts]

    def _comment(self, gid: str, by: Author, body: str) -> str:
        item = self.items[gid]
        item.updated_at = self._tick()
        item.acts.append(NoteEvent(by, item.updated_at, is_system=False))
        note = f"gid://gitlab/Note/{sum(len(each.comments) for each in self.items.values()) + 1}"
        item.comments.append(Comment(note, body, by, item.updated_at))
        return note

    def _make(self, author: Author, namespace: str, fields: Mapping[str, Any]) -> str:
        gid = f"gid://gitlab/WorkItem/{len(self.items) + 101}"
        iid = 1 + sum(each.work_item.namespace == namespace for each in self.items.values())
        base = WorkItem(gid, iid, namespace, "untitled", "", author, is_epic=namespace == GROUP)
        at = self._tick()
        url = f"https://gitlab.example/{namespace}/-/work_items/{iid}"
        made = self._with_label_gids(replace(base, url=url, **fields))
        self.items[gid] = Stored(made, at, at, [NoteEvent(author, at, is_system=True)])
        self._note_events(gid, author, replace(made, labels=frozenset(), is_open=True), made)
        return gid

    def _change(self, gid: str, by: Author, fields: Mapping[str, Any]) -> None:
        item = self.items[gid]
        if "description" in fields and fields["description"] != item.work_item.description:
            item.edited_by = by
        before = item.work_item
        item.work_item = self._with_label_gids(replace(before, **fields))
        item.updated_at = self._tick()
        item.acts.append(NoteEvent(by, item.updated_at, is_system=True))
        self._note_events(gid, by, before, item.work_item)

    def _note_events(self, gid: str, by: Author, before: WorkItem, after: WorkItem) -> None:
        """Leave an event for each label that came or went, and for closing and opening."""
        item = self.items[gid]
        for is_added, titles in ((False, before.labels - after.labels), (True, after.labels - before.labels)):
            item.labelled += [
                LabelEvent(gid, title, is_added, by, item.updated_at) for title in sorted(titles)
            ]
        if before.is_open != after.is_open:
            item.switched.append(StateEvent(gid, after.is_open, by, item.updated_at))

    def _with_label_gids(self, work_item: WorkItem) -> WorkItem:
        return replace(
            work_item, label_gids={title: self.labels.get(title, title) for title in work_item.labels}
        )

    def _tick(self) -> datetime:
        self.now += timedelta(minutes=2)
        return self.now


def user_gid(name: str) -> str:
    return f"gid://gitlab/User/{name}"


def exclusive(titles: Sequence[str]) -> frozenset[str]:
    """Return the labels that stay: of one scope (all before the last ``::``) the one that was added last."""
    last: dict[str, str] = {}
    for title in titles:
        scope = Label.parse(title).scope
        last[scope or title] = title
    return frozenset(last.values())


def matches(work_item: WorkItem, ask: PageRequest) -> bool:
    match ask.item_list:
        case ItemList.EPICS:
            return work_item.is_epic
        case ItemList.CHILDREN:
            return work_item.parent in ask.filter_values
        case ItemList.BY_ID:
            return work_item.gid in ask.filter_values
        case ItemList.CONFIDENTIAL:
            return work_item.confidential
        case ItemList.UPDATED:
            return work_item.updated_at is not None and work_item.updated_at > datetime.fromisoformat(
                ask.filter_values[0]
            )
        case ItemList.LABELLED:
            scopes = [value.removesuffix("::*") for value in ask.filter_values]
            return any(Label.parse(title).scope in scopes for title in work_item.labels)

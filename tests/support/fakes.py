"""A GitLab in memory that keeps to both ports and imitates GitLab's traps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from psbot.core.model.history import Activity, History, LabelEvent, NoteEvent, StateEvent
from psbot.core.model.item import NewestNote
from psbot.core.model.labels import Label, LabelSpec
from psbot.core.model.work_item import Author, WorkItem
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.values import (
    Access,
    Account,
    AccountLookup,
    Audience,
    Comment,
    ItemSummary,
    ItemUpdate,
    Membership,
    NamespaceAccess,
    NewItem,
    NewNote,
    NoteEdit,
    Page,
    PageRequest,
    WriteResult,
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

    sighting: WorkItem
    updated_at: datetime
    created_at: datetime
    acts: list[NoteEvent] = field(default_factory=list)
    edited_by: Author | None = None
    is_deleted: bool = False
    labelled: list[LabelEvent] = field(default_factory=list)
    switched: list[StateEvent] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)


class FakeGitLab:
    """Both ports on a small world: one group with two projects, labels above them, and some people."""

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

    # What people do

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

    # The reader

    def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
        """Return what the bot may do."""
        self._request("access")
        return Access(
            Account("gid://gitlab/User/1", self.me),
            self._place(group, "type-epic" if self.has_epics else None),
            {path: self._place(path, "type-issue") for path in projects},
            self._labels(label_group),
            self._place(label_group, None),
            sum(1 for each in self._all() if _matches(each, PageRequest(ItemList.EPICS))),
        )

    def fetch_labels(self, group: str) -> Mapping[str, str] | None:
        """Return the labels."""
        self._request("labels")
        return self._labels(group)

    def fetch_pages(self, group: str, page_requests: Sequence[PageRequest]) -> Sequence[Page]:
        """Return a page of each part."""
        self._request("pages")
        return [self._page(group, ask) for ask in page_requests]

    def fetch_item(self, namespace: str, iid: int) -> WorkItem | None:
        """Return one item."""
        self._request("item")
        return next((each for each in self._all() if (each.namespace, each.iid) == (namespace, iid)), None)

    def fetch_activity(self, group: str, gids: Sequence[str]) -> Mapping[str, Activity]:
        """Return the notes."""
        self._request("activity")
        return {
            gid: Activity(item.sighting.author, item.created_at, tuple(item.acts), item.edited_by)
            for gid, item in self.items.items()
            if gid in gids and not item.is_deleted
        }

    def fetch_histories(
        self, group: str, items: Mapping[str, str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return the events."""
        self._request("histories")
        seen = {gid: self.items[gid] for gid in items if gid in self.items and gid not in self.hidden}
        return {
            gid: History(
                tuple(replace(each, item=items[gid]) for each in item.labelled if each.title in labels),
                tuple(replace(each, item=items[gid]) for each in item.switched),
            )
            for gid, item in seen.items()
            if not item.is_deleted
        }

    def fetch_whole_histories(
        self, group: str, gids: Sequence[str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return the events, with all notes."""
        self._request("whole histories")
        seen = {
            gid: self.items[gid]
            for gid in gids
            if gid in self.items
            and gid not in self.hidden | self.hidden_notes
            and not self.items[gid].is_deleted
        }
        return {
            gid: History(
                tuple(each for each in item.labelled if each.title in labels),
                tuple(item.switched),
                notes=tuple(item.acts),
            )
            for gid, item in seen.items()
        }

    def fetch_comments(self, group: str, gids: Sequence[str]) -> Mapping[str, Sequence[Comment]]:
        """Return the comments."""
        self._request("comments")
        return {
            gid: tuple(item.comments)
            for gid, item in self.items.items()
            if gid in gids and gid not in self.hidden and not item.is_deleted
        }

    def fetch_accounts(self, usernames: Sequence[str], memberships: Sequence[Membership]) -> AccountLookup:
        """Return accounts and memberships."""
        self._request("people")
        known = {name: _user(name) for name in usernames if name in self.accounts}
        members = [each for each in memberships if self._is_member(each.username, each.path)]
        return AccountLookup(known, frozenset(self.inactive & set(usernames)), frozenset(members))

    def fetch_audiences(self, projects: Sequence[str]) -> Mapping[str, Audience]:
        """Return who can read the projects."""
        self._request("audiences")
        return {
            path: Audience(
                is_private=True,
                members=tuple(
                    each for each in self.accounts.values() if (each.username, path) not in self.outsiders
                ),
            )
            for path in projects
            if self.levels.get(path) is not None
        }

    # The writer

    def create_labels(self, group: str, specs: Sequence[LabelSpec]) -> Sequence[WriteResult]:
        """Make labels; one that exists is refused."""
        self._interject()
        with self._lock:
            with_fault = self._write("create_labels")
            found = list(map(self._make_label, specs))
            self._raise(with_fault)
            return found

    def create_items(self, items: Sequence[NewItem]) -> Sequence[WriteResult]:
        """Make items; an assignee who is not a member, or a label that is not there, is dropped without a word."""
        self._interject()
        with self._lock:
            with_fault = self._write("create_items")
            made = []
            for item in items:
                refusal = self._refusal(item.namespace, item.title, item.title)
                if refusal:
                    made.append(WriteResult(refusal=refusal))
                    continue
                people = [name for name, gid in self._ids() if gid in item.assignees]
                fields: dict[str, Any] = {
                    "title": item.title,
                    "description": item.description,
                    "labels": self._titles(item.labels),
                    "assignees": tuple(name for name in people if self._is_member(name, item.namespace)),
                    "start_on": item.start_on,
                    "due_on": item.due_on,
                    "confidential": item.confidential,
                    "parent": item.parent,
                }
                made.append(self._written(self._make(self.me, item.namespace, fields)))
            self._raise(with_fault)
            return made

    def update_items(self, updates: Sequence[ItemUpdate]) -> Sequence[WriteResult]:
        """Change items."""
        self._interject()
        with self._lock:
            with_fault = self._write("update_items")
            done = []
            for update in updates:
                if refusal := self._refusal_of(update.gid, update.title):
                    done.append(WriteResult(refusal=refusal))
                    continue
                self._change(update.gid, self.me, dict(self._fields(update)))
                done.append(self._written(update.gid))
            self._raise(with_fault)
            return done

    def create_notes(self, notes: Sequence[NewNote]) -> Sequence[WriteResult]:
        """Post notes."""
        self._interject()
        with self._lock:
            with_fault = self._write("create_notes")
            posted = list(map(self._make_note, notes))
            self._raise(with_fault)
            return posted

    def update_notes(self, edits: Sequence[NoteEdit]) -> Sequence[WriteResult]:
        """Edit notes; one that is not there, or is another's, is refused."""
        self._interject()
        with self._lock:
            with_fault = self._write("update_notes")
            done = list(map(self._edit_note, edits))
            self._raise(with_fault)
            return done

    # Inside

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
        matching = sorted((each for each in below if _matches(each, ask)), key=lambda each: each.numeric_id)
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
                each.sighting,
                updated_at=each.updated_at,
                created_at=each.created_at,
                closed_at=None if each.sighting.is_open or not each.switched else each.switched[-1].at,
            )
            for each in stored
        )

    def _with_newest(self, sighting: WorkItem) -> WorkItem:
        act = max(self.items[sighting.gid].acts, key=lambda act: act.at)
        author = act.author if act.author and not act.author.is_ghost else None
        return replace(
            sighting,
            url=None,
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
        return [(name, _user(name)) for name in self.accounts]

    def _titles(self, gids: Sequence[str]) -> frozenset[str]:
        by_gid = {gid: title for title, gid in self.labels.items()}
        return _exclusive([by_gid[gid] for gid in gids if gid in by_gid])

    def _refusal(self, namespace: str, title: str | None, known_as: str) -> str | None:
        """Return what GitLab says against writing an item called *known_as*; None where it takes it."""
        if (self.levels.get(namespace) or 0) < PLANNER or namespace in self.archived:
            return UNAVAILABLE
        if title is not None and len(title) > LONGEST_TITLE:
            return f"Title is too long (maximum is {LONGEST_TITLE} characters)"
        return self.refusals.get(known_as)

    def _refusal_of(self, gid: str, title: str | None) -> str | None:
        item = self.items.get(gid)
        if item is None or item.is_deleted:
            return UNAVAILABLE
        return self._refusal(item.sighting.namespace, title, item.sighting.title)

    def _make_note(self, note: NewNote) -> WriteResult:
        if refusal := self._refusal_of(note.item_gid, None):
            return WriteResult(refusal=refusal)
        return WriteResult(gid=self._comment(note.item_gid, self.me, note.body))

    def _comment(self, gid: str, by: Author, body: str) -> str:
        item = self.items[gid]
        item.updated_at = self._tick()
        item.acts.append(NoteEvent(by, item.updated_at, is_system=False))
        note = f"gid://gitlab/Note/{sum(len(each.comments) for each in self.items.values()) + 1}"
        item.comments.append(Comment(note, body, by, item.updated_at))
        return note

    def _edit_note(self, edit: NoteEdit) -> WriteResult:
        for item in self.items.values():
            for number, note in enumerate(item.comments):
                if note.gid == edit.gid and note.author == self.me and not item.is_deleted:
                    item.comments[number] = replace(note, body=edit.body, edited_by=self.me)
                    item.updated_at = self._tick()
                    return WriteResult(gid=edit.gid)
        return WriteResult(refusal=UNAVAILABLE)

    def _make_label(self, spec: LabelSpec) -> WriteResult:
        if spec.title in self.labels:
            return WriteResult(refusal="Title has already been taken")
        self.labels[spec.title] = f"gid://gitlab/GroupLabel/{len(self.labels) + 1}"
        return WriteResult(gid=self.labels[spec.title])

    def _make(self, author: Author, namespace: str, fields: Mapping[str, Any]) -> str:
        gid = f"gid://gitlab/WorkItem/{len(self.items) + 101}"
        iid = 1 + sum(each.sighting.namespace == namespace for each in self.items.values())
        base = WorkItem(gid, iid, namespace, "untitled", "", author, is_epic=namespace == GROUP)
        at = self._tick()
        url = f"https://gitlab.example/{namespace}/-/work_items/{iid}"
        made = self._with_label_gids(replace(base, url=url, **fields))
        self.items[gid] = Stored(made, at, at, [NoteEvent(author, at, is_system=True)])
        self._note_events(gid, author, replace(made, labels=frozenset(), is_open=True), made)
        return gid

    def _change(self, gid: str, by: Author, fields: Mapping[str, Any]) -> None:
        item = self.items[gid]
        if "description" in fields and fields["description"] != item.sighting.description:
            item.edited_by = by
        before = item.sighting
        item.sighting = self._with_label_gids(replace(before, **fields))
        item.updated_at = self._tick()
        item.acts.append(NoteEvent(by, item.updated_at, is_system=True))
        self._note_events(gid, by, before, item.sighting)

    def _note_events(self, gid: str, by: Author, before: WorkItem, after: WorkItem) -> None:
        """Leave an event for each label that came or went, and for closing and opening."""
        item = self.items[gid]
        for is_added, titles in ((False, before.labels - after.labels), (True, after.labels - before.labels)):
            item.labelled += [
                LabelEvent(gid, title, is_added, by, item.updated_at) for title in sorted(titles)
            ]
        if before.is_open != after.is_open:
            item.switched.append(StateEvent(gid, after.is_open, by, item.updated_at))

    def _with_label_gids(self, sighting: WorkItem) -> WorkItem:
        return replace(
            sighting, label_gids={title: self.labels.get(title, title) for title in sighting.labels}
        )

    def _fields(self, update: ItemUpdate) -> Iterator[tuple[str, object]]:
        found = self.items[update.gid].sighting
        for name in ("title", "description", "parent", "is_open"):
            if getattr(update, name) is not None:
                yield name, getattr(update, name)
        if update.dates is not None:
            yield "start_on", update.dates.start_on
            yield "due_on", update.dates.due_on
        if update.assignees is not None:
            people = [name for name, gid in self._ids() if gid in update.assignees]
            yield "assignees", tuple(name for name in people if self._is_member(name, found.namespace))
        by_gid = {gid: title for title, gid in self.labels.items()}
        kept = [title for title in found.labels if found.label_gids[title] not in update.remove_labels]
        if update.add_labels or update.remove_labels:
            added = (by_gid[gid] for gid in update.add_labels if gid in by_gid)
            yield "labels", _exclusive([*kept, *added])

    def _written(self, gid: str) -> WriteResult:
        found = self.items[gid].sighting
        return WriteResult(gid, found.iid, found.url)

    def _tick(self) -> datetime:
        self.now += timedelta(minutes=2)
        return self.now


def _user(name: str) -> str:
    return f"gid://gitlab/User/{name}"


def _exclusive(titles: Sequence[str]) -> frozenset[str]:
    """Return the labels that stay: of one scope (all before the last ``::``) the one that was added last."""
    last: dict[str, str] = {}
    for title in titles:
        scope = Label.parse(title).scope
        last[scope or title] = title
    return frozenset(last.values())


def _matches(sighting: WorkItem, ask: PageRequest) -> bool:
    match ask.item_list:
        case ItemList.EPICS:
            return sighting.is_epic
        case ItemList.CHILDREN:
            return sighting.parent in ask.filter_values
        case ItemList.BY_ID:
            return sighting.gid in ask.filter_values
        case ItemList.CONFIDENTIAL:
            return sighting.confidential
        case ItemList.UPDATED:
            return sighting.updated_at is not None and sighting.updated_at > datetime.fromisoformat(
                ask.filter_values[0]
            )
        case ItemList.LABELLED:
            scopes = [value.removesuffix("::*") for value in ask.filter_values]
            return any(Label.parse(title).scope in scopes for title in sighting.labels)

"""A GitLab in memory that implements both ports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from psbot.core.model.history import Activity, History
from psbot.core.model.labels import LabelSpec
from psbot.core.model.work_item import WorkItem
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.values import (
    Access,
    Account,
    AccountLookup,
    Audience,
    Comment,
    ItemUpdate,
    Membership,
    NewItem,
    NewNote,
    NoteEdit,
    Page,
    PageRequest,
    WriteResult,
)
from tests.support.fake_store import (
    BOT,
    LONGEST_TITLE,
    PLANNER,
    UNAVAILABLE,
    FakeStore,
    exclusive,
    matches,
    user_gid,
)

__all__ = ["BOT", "UNAVAILABLE", "FakeGitLab"]


class FakeGitLab(FakeStore):
    """Both ports, ``Reader`` and ``Writer``, on a small world."""

    def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
        """Return what the bot may do."""
        self._request("access")
        return Access(
            Account("gid://gitlab/User/1", self.me),
            self._place(group, "type-epic" if self.has_epics else None),
            {path: self._place(path, "type-issue") for path in projects},
            self._labels(label_group),
            self._place(label_group, None),
            sum(1 for each in self._all() if matches(each, PageRequest(ItemList.EPICS))),
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
            gid: Activity(item.work_item.author, item.created_at, tuple(item.acts), item.edited_by)
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
        known = {name: user_gid(name) for name in usernames if name in self.accounts}
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

    def _titles(self, gids: Sequence[str]) -> frozenset[str]:
        by_gid = {gid: title for title, gid in self.labels.items()}
        return exclusive([by_gid[gid] for gid in gids if gid in by_gid])

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
        return self._refusal(item.work_item.namespace, title, item.work_item.title)

    def _make_note(self, note: NewNote) -> WriteResult:
        if refusal := self._refusal_of(note.item_gid, None):
            return WriteResult(refusal=refusal)
        return WriteResult(gid=self._comment(note.item_gid, self.me, note.body))

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

    def _fields(self, update: ItemUpdate) -> Iterator[tuple[str, object]]:
        found = self.items[update.gid].work_item
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
            yield "labels", exclusive([*kept, *added])

    def _written(self, gid: str) -> WriteResult:
        found = self.items[gid].work_item
        return WriteResult(gid, found.iid, found.url)

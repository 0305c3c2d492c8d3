"""Adapters and rules that are wrong on purpose: what the harness must notice."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from psbot.core.identity import identify
from psbot.core.model import work_item
from psbot.core.plan import sequence
from psbot.core.text import escape
from psbot.errors import GitLabError
from psbot.gitlab.connection import Connection
from psbot.gitlab.ports import Reader, Unclear, Writer
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.values import Access, Comment, ItemUpdate, NewItem, NewNote, Page, PageRequest, WriteResult
from psbot.gitlab.writer import GitLabWriter
from psbot.runs import attempt
from psbot.templates import language

LABEL_GROUP = "acme"


class RepeatingWriter(GitLabWriter):
    """Sends a creation once more when it got no clear answer."""

    def create_items(self, items: Sequence[NewItem]) -> Sequence[WriteResult]:
        try:
            return super().create_items(items)
        except Unclear:
            return super().create_items(items)

    def create_notes(self, notes: Sequence[NewNote]) -> Sequence[WriteResult]:
        try:
            return super().create_notes(notes)
        except Unclear:
            return super().create_notes(notes)


class CredulousReader(GitLabReader):
    """Takes a read that failed, or a list that is empty, for a group in which there is nothing."""

    def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
        return replace(super().fetch_access(group, projects, label_group), epic_count=None)

    def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
        try:
            return super().fetch_pages(group, asks)
        except GitLabError:
            return [Page((), (), 0) for _ in asks]

    def fetch_comments(self, group: str, gids: Sequence[str]) -> Mapping[str, Sequence[Comment]]:
        try:
            return {**dict.fromkeys(gids, ()), **super().fetch_comments(group, gids)}
        except GitLabError:
            return dict.fromkeys(gids, ())


class RememberingReader(GitLabReader):
    """Remembers the items that it has read, for :class:`WholesaleWriter`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.seen: dict[str, work_item.WorkItem] = {}

    def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
        pages = super().fetch_pages(group, asks)
        self.seen |= {each.gid: each for page in pages for each in page.items}
        return pages


class WholesaleWriter(GitLabWriter):
    """Writes the whole list of an item's labels, as it was when it was read, with what is to be added."""

    def __init__(self, connection: Connection, reader: RememberingReader) -> None:
        super().__init__(connection)
        self._reader = reader

    def update_items(self, updates: Sequence[ItemUpdate]) -> Sequence[WriteResult]:
        written = super().update_items(updates)
        titles = {gid: title for title, gid in (self._reader.fetch_labels(LABEL_GROUP) or {}).items()}
        for each in updates:
            item = self._reader.seen[each.gid]
            if (each.add_labels or each.remove_labels) and not item.is_epic:
                whole = item.labels | {titles[gid] for gid in each.add_labels}
                whole -= {titles[gid] for gid in each.remove_labels}
                path = f"/projects/{quote(item.namespace, safe='')}/issues/{item.iid}"
                with self._connection._borrow_client() as client:
                    client.gitlab.http_put(path, post_data={"labels": ",".join(sorted(whole))})
        return written


def repeating(connection: Connection) -> tuple[Reader, Writer]:
    return GitLabReader(connection), RepeatingWriter(connection)


def credulous(connection: Connection) -> tuple[Reader, Writer]:
    return CredulousReader(connection), GitLabWriter(connection)


def wholesale(connection: Connection) -> tuple[Reader, Writer]:
    reader = RememberingReader(connection)
    return reader, WholesaleWriter(connection, reader)


def without_second_look(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(attempt, "has_new_children", lambda *_: False)
    patch.setattr(attempt, "has_new_notices", lambda *_: False)


def ending_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sequence, "next_operations", lambda operations, _: tuple(operations))


def not_neutralising(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(escape, "to_title", lambda text, longest=255: text[:longest])
    patch.setattr(language, "escape_markdown", lambda text: text)


def closing_the_oldest(patch: pytest.MonkeyPatch) -> None:
    def newest(work_item: Any) -> tuple[bool, int]:
        return (not work_item.is_open, -work_item.numeric_id)

    patch.setattr(identify, "_by_state_and_number", newest)


def keeping_twins(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(attempt, "has_duplicates", lambda *_: False)

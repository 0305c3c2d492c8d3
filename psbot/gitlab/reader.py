"""Reads GitLab's work items through GraphQL; accounts and access are read in ``account_reader``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from psbot.core.model.history import Activity, History, NoteEvent
from psbot.core.model.work_item import WorkItem
from psbot.gitlab import account_reader, item_queries
from psbot.gitlab.connection import Connection
from psbot.gitlab.decode import (
    discussions_of,
    parse_activity,
    parse_comments,
    parse_note_events,
    parse_summary,
    parse_system_notes,
    parse_work_item,
)
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.label_events import fetch_label_events
from psbot.gitlab.node import Node, malformed
from psbot.gitlab.query import chunks, next_cursor, query
from psbot.gitlab.system_notes import SystemNote, parse_history
from psbot.gitlab.transport_errors import TimedOut
from psbot.gitlab.values import (
    Access,
    AccountLookup,
    Audience,
    Comment,
    GroupEpics,
    Membership,
    Page,
    PageRequest,
    ServerInfo,
    TokenInfo,
)

_Value = TypeVar("_Value")

_ITEMS_PER_QUERY = 20  # items in one request for their notes
_MAX_NOTE_PAGES = 20  # further pages of one item's notes
_FILTER_VARIABLES = {ItemList.CHILDREN: "parents", ItemList.LABELLED: "labels", ItemList.BY_ID: "ids"}


class GitLabReader:
    """The ``Reader`` of one GitLab; without *uses_label_events* it knows label changes from system notes only."""

    def __init__(
        self,
        connection: Connection,
        page_size: int = item_queries.PAGE_SIZE,
        *,
        uses_label_events: bool = True,
    ) -> None:
        self._connection = connection
        self._page_size = page_size
        self._uses_label_events = uses_label_events

    def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
        """Return who the token is, what it may do in *group* and *projects*, and the labels of *label_group*."""
        return account_reader.fetch_access(self._connection, group, projects, label_group)

    def fetch_labels(self, group: str) -> Mapping[str, str] | None:
        """Return the labels of *group* and its ancestors, title to global id; None where it is not visible."""
        return account_reader.fetch_labels(self._connection, group)

    def fetch_accounts(self, usernames: Sequence[str], memberships: Sequence[Membership]) -> AccountLookup:
        """Return which of the accounts and *memberships* exist."""
        return account_reader.fetch_accounts(self._connection, usernames, memberships)

    def fetch_audiences(self, projects: Sequence[str]) -> Mapping[str, Audience]:
        """Return who can read *projects*; those that are not visible are left out."""
        return account_reader.fetch_audiences(self._connection, projects)

    def fetch_group_epics(self, groups: Sequence[str]) -> Mapping[str, GroupEpics]:
        """Return the epics of *groups* that are not confidential; groups that are not visible are left out."""
        return account_reader.fetch_group_epics(self._connection, groups)

    def fetch_server(self) -> ServerInfo:
        """Return the version and edition of GitLab, and whose token it is."""
        return account_reader.fetch_server(self._connection)

    def fetch_token(self) -> TokenInfo:
        """Return what the token may do; raises GitLabError where GitLab does not show it."""
        return account_reader.fetch_token(self._connection)

    def fetch_pages(self, group: str, page_requests: Sequence[PageRequest]) -> Sequence[Page]:
        """Return one page for each of *page_requests*, of items of *group* and below, in one request."""
        size = self._page_size
        variables: dict[str, object] = {"group": group, "page": size}
        for each in page_requests:
            variables[f"{each.item_list}After"] = each.cursor
            if each.item_list is ItemList.UPDATED:
                variables["since"] = each.filter_values[0]
            elif each.item_list in _FILTER_VARIABLES:
                variables[_FILTER_VARIABLES[each.item_list]] = list(each.filter_values)
        document = item_queries.list_query(
            tuple(each.item_list for each in page_requests),
            with_newest_note=any(each.with_newest_note for each in page_requests),
        )

        def halve_page() -> Mapping[str, object]:
            nonlocal size
            size = max(1, size // 2)
            self._page_size = min(self._page_size, size)  # later pages would be too large as well
            return variables | {"page": size}

        found = query(self._connection, document, variables, halve_page).node("group")
        return [_parse_page(found.node(each.item_list), each) for each in page_requests]

    def fetch_item(self, namespace: str, iid: int) -> WorkItem | None:
        """Return one item by its namespace and number; None where GitLab shows none."""
        data = query(self._connection, item_queries.ITEM_QUERY, {"namespace": namespace, "iid": str(iid)})
        found = data.node_or_none("namespace")
        item = found.node_or_none("workItem") if found else None
        return parse_work_item(item) if item else None

    def fetch_activity(self, group: str, gids: Sequence[str]) -> Mapping[str, Activity]:
        """Return, by global id, what was done to items since their creation; unknown ids are left out."""
        found: dict[str, Activity] = {}
        for chunk in chunks(tuple(gids), _ITEMS_PER_QUERY):
            items = self._fetch_notes(item_queries.ACTIVITY_QUERY, group, chunk)
            found |= {item.gid(): parse_activity(item) for item in items}
        return found

    def fetch_histories(
        self, group: str, items: Mapping[str, str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return, by global id, the label and state events of *items*; items that are not visible are left out."""
        titles, document = _titles_by_number(labels), item_queries.HISTORIES_QUERY
        found: dict[str, History] = {}
        for chunk in chunks(tuple(items), _ITEMS_PER_QUERY):
            for item in self._fetch_notes(document, group, chunk):
                key = items[item.gid()]
                notes, cursor = self._fetch_all_notes(document, group, item, parse_system_notes)
                history = parse_history(key, notes[::-1], titles, is_complete=cursor is None)
                known = self._with_label_events(group, item.gid(), (key, history), notes, titles)
                found[item.gid()] = replace(known, has_all_events=known.has_all_events and cursor is None)
        return found

    def fetch_whole_histories(
        self, group: str, gids: Sequence[str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return, by global id, all events and notes of items; items that are not visible are left out."""
        titles, document = _titles_by_number(labels), item_queries.WHOLE_HISTORIES_QUERY
        found: dict[str, History] = {}
        for chunk in chunks(tuple(gids), _ITEMS_PER_QUERY):
            for item in self._fetch_notes(document, group, chunk):
                pairs, cursor = self._fetch_all_notes(document, group, item, _events_with_system_notes)
                pairs = sorted(pairs[::-1], key=lambda pair: pair[0].at)
                system_notes = [note for event, note in pairs if event.is_system]
                history = parse_history(item.gid(), system_notes, titles, is_complete=cursor is None)
                history = self._with_label_events(
                    group, item.gid(), (item.gid(), history), system_notes, titles
                )
                history = replace(history, has_all_events=history.has_all_events and cursor is None)
                events = tuple(event for event, _ in pairs)
                found[item.gid()] = replace(history, notes=events, has_all_notes=cursor is None)
        return found

    def fetch_comments(self, group: str, gids: Sequence[str]) -> Mapping[str, Sequence[Comment]]:
        """Return, by global id, the comments on items, oldest first; items that are not visible are left out."""
        document = item_queries.COMMENTS_QUERY
        found: dict[str, Sequence[Comment]] = {}
        for chunk in chunks(tuple(gids), _ITEMS_PER_QUERY):
            for item in self._fetch_notes(document, group, chunk):
                comments, cursor = self._fetch_all_notes(document, group, item, parse_comments)
                if cursor is not None:
                    raise malformed(f"an item has more than {_MAX_NOTE_PAGES} pages of comments")
                found[item.gid()] = sorted(comments, key=lambda each: each.at)
        return found

    def _with_label_events(
        self,
        group: str,
        gid: str,
        known: tuple[str, History],
        notes: Sequence[SystemNote],
        titles: Mapping[str, str],
    ) -> History:
        """Return the history *known*, by key; where its notes cannot be read, with the label events of REST."""
        key, history = known
        if not (history.is_unreadable and self._uses_label_events):
            return history
        authors = {note.author.username: note.author for note in notes if note.author}
        (page,) = self.fetch_pages(group, [PageRequest(ItemList.BY_ID, (gid,))])
        for item in page.items:
            events = fetch_label_events(self._connection, item, key, titles, authors)
            if events is not None:
                return replace(history, labels=events, has_all_events=True, is_unreadable=False)
        return history

    def _fetch_notes(
        self, document: str, group: str, gids: Sequence[str], after: str | None = None
    ) -> list[Node]:
        """Return *gids* with a page of their notes each; in two requests where one takes GitLab too long."""
        variables = {"group": group, "ids": list(gids)} | ({"after": after} if "$after" in document else {})
        try:
            data = query(self._connection, document, variables)
        except TimedOut:
            if len(gids) == 1:
                raise
            half = len(gids) // 2
            halves = (gids[:half], gids[half:])
            return [each for part in halves for each in self._fetch_notes(document, group, part, after)]
        return data.node("group").node("workItems").nodes("nodes")

    def _fetch_all_notes(
        self, document: str, group: str, item: Node, parse: Callable[[Node], list[_Value]]
    ) -> tuple[list[_Value], str | None]:
        """Return all notes of an item, and the cursor of what is left where it has too many pages."""
        gid = item.gid()
        found, after = parse(item), None
        cursor = next_cursor(discussions_of(item), after, "notes")
        for _ in range(_MAX_NOTE_PAGES):
            if cursor is None:
                break
            after = cursor
            for page in self._fetch_notes(document, group, (gid,), after):
                found += parse(page)
                cursor = next_cursor(discussions_of(page), after, "notes")
        return found, cursor


def _titles_by_number(labels: Mapping[str, str]) -> dict[str, str]:
    return {gid.rpartition("/")[2]: title for title, gid in labels.items()}


def _events_with_system_notes(item: Node) -> list[tuple[NoteEvent, SystemNote]]:
    return list(zip(parse_note_events(item), parse_system_notes(item), strict=True))


def _parse_page(connection: Node, request: PageRequest) -> Page:
    nodes = connection.nodes("nodes")
    is_short = request.item_list in (ItemList.LABELLED, ItemList.UPDATED)
    with_newest_note = request.with_newest_note
    return Page(
        items=()
        if is_short
        else tuple(parse_work_item(node, with_newest_note=with_newest_note) for node in nodes),
        summaries=tuple(map(parse_summary, nodes)) if is_short else (),
        total_count=connection.number("count"),
        next_cursor=next_cursor(connection, request.cursor, request.item_list),
    )

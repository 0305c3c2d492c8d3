"""GitLab's work items, read through GraphQL."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from psbot.core.model.history import Activity, History, NoteEvent
from psbot.core.model.work_item import Author, WorkItem
from psbot.errors import GitLabError
from psbot.gitlab import account_queries, item_queries, system_notes
from psbot.gitlab.account_queries import (
    AUDIENCES_PER_QUERY,
    LABELS_QUERY,
    MEMBERSHIPS_PER_QUERY,
    PROJECTS_PER_QUERY,
    SERVER_QUERY,
    TOKEN_PATH,
    access_and_labels_query,
    access_query,
    audience_query,
)
from psbot.gitlab.connection import Connection
from psbot.gitlab.decode import (
    Node,
    discussions_of,
    malformed,
    parse_activity,
    parse_author,
    parse_comments,
    parse_note_events,
    parse_summary,
    parse_system_notes,
    parse_work_item,
)
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.system_notes import SystemNote
from psbot.gitlab.values import (
    Access,
    Account,
    AccountLookup,
    Audience,
    Comment,
    Membership,
    NamespaceAccess,
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
    """A ForgeReader on one GitLab."""

    def __init__(self, connection: Connection, page_size: int = item_queries.PAGE_SIZE) -> None:
        self._connection = connection
        self._page_size = page_size

    def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
        """Return who the token is, what it may do in *group* and *projects*, and the labels of *label_group*."""
        paths = tuple(dict.fromkeys(projects))
        first, rest = paths[:PROJECTS_PER_QUERY], paths[PROJECTS_PER_QUERY:]
        data = self._query(
            access_and_labels_query(len(first)),
            {"group": group, "labelGroup": label_group, "after": None}
            | _numbered_variables("project", first),
        )
        user = data.node_or_none("currentUser")
        if user is None:
            raise GitLabError(
                "GitLab does not know the token", "check the token, and that it is for this server"
            )
        places = dict(_parse_projects(data, first))
        for chunk in _chunks(rest, PROJECTS_PER_QUERY):
            more = self._query(
                access_query(len(chunk)), {"group": group} | _numbered_variables("project", chunk)
            )
            places |= _parse_projects(more, chunk)
        return Access(
            account=Account(user.text("id"), parse_author(user) or Author("")),
            group=_parse_namespace(data.node_or_none("group"), group),
            projects=places,
            labels=self._fetch_remaining_labels(label_group, data),
            label_group=_parse_label_group(data.node_or_none("labelGroup"), label_group),
            epic_count=_epic_count(data.node_or_none("group")),
        )

    def fetch_labels(self, group: str) -> Mapping[str, str] | None:
        """Return the labels of *group* and its ancestors, title to global id; None where it is not seen."""
        return self._fetch_remaining_labels(
            group, self._query(LABELS_QUERY, {"labelGroup": group, "after": None})
        )

    def fetch_pages(self, group: str, page_requests: Sequence[PageRequest]) -> Sequence[Page]:
        """Return one page for each of *asks*, of items of *group* and below, in one request."""
        variables: dict[str, object] = {"group": group, "page": self._page_size}
        for ask in page_requests:
            variables[f"{ask.item_list}After"] = ask.cursor
            if ask.item_list is ItemList.UPDATED:
                variables["since"] = ask.filter_values[0]
            elif ask.item_list in _FILTER_VARIABLES:
                variables[_FILTER_VARIABLES[ask.item_list]] = list(ask.filter_values)
        with_newest = any(ask.with_newest_note for ask in page_requests)
        document = item_queries.list_query(
            tuple(ask.item_list for ask in page_requests), with_newest_note=with_newest
        )
        found = self._query(document, variables).node("group")
        return [_parse_page(found.node(ask.item_list), ask) for ask in page_requests]

    def fetch_item(self, namespace: str, iid: int) -> WorkItem | None:
        """Return one item by its place and number; None where GitLab shows none."""
        found = self._query(item_queries.ITEM_QUERY, {"namespace": namespace, "iid": str(iid)}).node_or_none(
            "namespace"
        )
        item = found.node_or_none("workItem") if found else None
        return parse_work_item(item) if item else None

    def fetch_activity(self, group: str, gids: Sequence[str]) -> Mapping[str, Activity]:
        """Return, by global id, what was done to items since they were made; unknown ids are left out."""
        found: dict[str, Activity] = {}
        for chunk in _chunks(tuple(gids), _ITEMS_PER_QUERY):
            data = self._query(item_queries.ACTIVITY_QUERY, {"group": group, "ids": list(chunk)})
            items = data.node("group").node("workItems").nodes("nodes")
            found |= {item.gid(): parse_activity(item) for item in items}
        return found

    def fetch_histories(
        self, group: str, items: Mapping[str, str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return, by global id, the label and state events of *items*; items that are not seen are left out."""
        titles = {gid.rpartition("/")[2]: title for title, gid in labels.items()}
        found: dict[str, History] = {}
        for chunk in _chunks(tuple(items), _ITEMS_PER_QUERY):
            for item in self._fetch_notes(item_queries.HISTORIES_QUERY, group, chunk):
                gid = item.gid()
                notes, cursor = self._fetch_all_notes(
                    item_queries.HISTORIES_QUERY, group, item, parse_system_notes
                )
                found[gid] = system_notes.parse_history(
                    items[gid], notes[::-1], titles, is_complete=cursor is None
                )
        return found

    def fetch_whole_histories(
        self, group: str, gids: Sequence[str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return, by global id, everything done to and written on items; items that are not seen are left out."""
        titles = {gid.rpartition("/")[2]: title for title, gid in labels.items()}
        found: dict[str, History] = {}
        for chunk in _chunks(tuple(gids), _ITEMS_PER_QUERY):
            for item in self._fetch_notes(item_queries.WHOLE_HISTORIES_QUERY, group, chunk):
                pairs, cursor = self._fetch_all_notes(
                    item_queries.WHOLE_HISTORIES_QUERY, group, item, _events_with_system_notes
                )
                pairs = sorted(pairs[::-1], key=lambda pair: pair[0].at)
                system = [note for act, note in pairs if act.is_system]
                history = system_notes.parse_history(item.gid(), system, titles, is_complete=cursor is None)
                found[item.gid()] = replace(
                    history, notes=tuple(act for act, _ in pairs), has_all_notes=cursor is None
                )
        return found

    def fetch_comments(self, group: str, gids: Sequence[str]) -> Mapping[str, Sequence[Comment]]:
        """Return, by global id, what was written on items, oldest first; items that are not seen are left out."""
        found: dict[str, Sequence[Comment]] = {}
        for chunk in _chunks(tuple(gids), _ITEMS_PER_QUERY):
            for item in self._fetch_notes(item_queries.COMMENTS_QUERY, group, chunk):
                written, cursor = self._fetch_all_notes(
                    item_queries.COMMENTS_QUERY, group, item, parse_comments
                )
                if cursor is not None:
                    raise malformed(f"there are more than {_MAX_NOTE_PAGES} pages of comments on one item")
                found[item.gid()] = sorted(written, key=lambda each: each.at)
        return found

    def _fetch_notes(
        self, document: str, group: str, gids: Sequence[str], after: str | None = None
    ) -> list[Node]:
        data = self._query(document, {"group": group, "ids": list(gids), "after": after})
        return data.node("group").node("workItems").nodes("nodes")

    def _fetch_all_notes(
        self, document: str, group: str, item: Node, parse: Callable[[Node], list[_Value]]
    ) -> tuple[list[_Value], str | None]:
        """Return all notes of an item, and the cursor of what is left where it has too many pages."""
        gid = item.gid()
        found, after = parse(item), None
        cursor = _next_cursor(discussions_of(item), after, "notes")
        for _ in range(_MAX_NOTE_PAGES):
            if cursor is None:
                break
            after = cursor
            for page in self._fetch_notes(document, group, (gid,), after):
                found += parse(page)
                cursor = _next_cursor(discussions_of(page), after, "notes")
        return found, cursor

    def fetch_accounts(self, usernames: Sequence[str], memberships: Sequence[Membership]) -> AccountLookup:
        """Return which of the accounts and *memberships* exist."""
        ids: dict[str, str] = {}
        inactive: set[str] = set()
        members: set[Membership] = set()
        for chunk in _chunks(tuple(memberships), MEMBERSHIPS_PER_QUERY) or [()]:
            places = tuple("group" if each.is_group else "project" for each in chunk)
            data = self._query(
                account_queries.accounts_query(places),
                {"usernames": list(usernames)}
                | _numbered_variables("place", [each.path for each in chunk])
                | _numbered_variables("person", [each.username for each in chunk]),
            )
            for user in data.node("users").nodes("nodes"):
                ids[user.text("username")] = user.text("id")
                if user.text("state") != "active":
                    inactive.add(user.text("username"))
            members |= {each for number, each in enumerate(chunk) if _is_member(data, number, each)}
        return AccountLookup(ids, frozenset(inactive), frozenset(members))

    def fetch_audiences(self, projects: Sequence[str]) -> Mapping[str, Audience]:
        """Return who can read *projects*; those that are not seen are left out."""
        found: dict[str, Audience] = {}
        for chunk in _chunks(tuple(dict.fromkeys(projects)), AUDIENCES_PER_QUERY):
            data = self._query(
                audience_query(len(chunk)), _numbered_variables("project", chunk) | {"after": None}
            )
            for number, path in enumerate(chunk):
                if (place := data.node_or_none(f"project{number}")) is not None:
                    found[path] = Audience(
                        place.text_or_none("visibility") == "private", tuple(self._fetch_members(path, place))
                    )
        return found

    def fetch_server(self) -> ServerInfo:
        """Return what GitLab says about itself."""
        data = self._query(SERVER_QUERY, {})
        facts = data.node("metadata")
        return ServerInfo(
            facts.text("version"), facts.boolean("enterprise"), parse_author(data.node_or_none("currentUser"))
        )

    def fetch_token(self) -> TokenInfo:
        """Return what the token may do; raises GitLabError where GitLab does not tell."""
        token = Node(self._connection.get(TOKEN_PATH), "token")
        scopes = token.value.get("scopes")
        if not isinstance(scopes, list):
            raise malformed("token.scopes is not a list")
        return TokenInfo(frozenset(map(str, scopes)), token.date_or_none("expires_at"))

    def _fetch_members(self, path: str, place: Node) -> Iterator[Author]:
        after = None
        while True:
            members = place.node("members")
            people = (parse_author(each.node_or_none("user")) for each in members.nodes("nodes"))
            yield from (each for each in people if each is not None)
            if (after := _next_cursor(members, after, f"members of {path}")) is None:
                return
            data = self._query(audience_query(1), {"project0": path, "after": after})
            place = data.node("project0")

    def _fetch_remaining_labels(self, group: str, data: Node) -> Mapping[str, str] | None:
        found: list[tuple[str, str]] = []
        after = None
        while True:
            place = data.node_or_none("labelGroup")
            if place is None:
                return None
            labels = place.node("labels")
            found += [(each.text("title"), each.text("id")) for each in labels.nodes("nodes")]
            if (cursor := _next_cursor(labels, after, "labels")) is None:
                break
            after = cursor
            data = self._query(LABELS_QUERY, {"labelGroup": group, "after": after})
        if len(found) < labels.number("count"):
            raise malformed(f"{len(found)} of {labels.number('count')} labels of {group} came")
        return dict(found)

    def _query(self, document: str, variables: Mapping[str, object]) -> Node:
        return Node(self._connection.read(document, variables), "data")


def _events_with_system_notes(item: Node) -> list[tuple[NoteEvent, SystemNote]]:
    return list(zip(parse_note_events(item), parse_system_notes(item), strict=True))


def _numbered_variables(name: str, values: Sequence[str]) -> dict[str, object]:
    return {f"{name}{number}": value for number, value in enumerate(values)}


def _chunks(values: tuple[_Value, ...], size: int) -> list[tuple[_Value, ...]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _parse_projects(data: Node, paths: Sequence[str]) -> Iterator[tuple[str, NamespaceAccess | None]]:
    for number, path in enumerate(paths):
        yield path, _parse_namespace(data.node_or_none(f"project{number}"), path)


def _parse_namespace(node: Node | None, path: str) -> NamespaceAccess | None:
    if node is None:
        return None
    types = node.node("workItemTypes").nodes("nodes")
    return NamespaceAccess(
        path=path,
        access_level=_access_level(node),
        item_type_gid=types[0].text("id") if types else None,
        is_archived=bool(node.value.get("archived")),
    )


def _parse_label_group(node: Node | None, path: str) -> NamespaceAccess | None:
    return None if node is None else NamespaceAccess(path, _access_level(node), None)


def _epic_count(group: Node | None) -> int | None:
    epics = group.node_or_none("epics") if group else None
    return epics.number("count") if epics else None


def _access_level(node: Node) -> int:
    return node.node("maxAccessLevel").number("integerValue")


def _parse_page(connection: Node, ask: PageRequest) -> Page:
    nodes = connection.nodes("nodes")
    is_brief = ask.item_list in (ItemList.LABELLED, ItemList.UPDATED)
    return Page(
        items=()
        if is_brief
        else tuple(parse_work_item(node, with_newest_note=ask.with_newest_note) for node in nodes),
        summaries=tuple(map(parse_summary, nodes)) if is_brief else (),
        total_count=connection.number("count"),
        next_cursor=_next_cursor(connection, ask.cursor, ask.item_list),
    )


def _next_cursor(connection: Node, after: str | None, what: str) -> str | None:
    """Return the next cursor; a list that does not get on would be read for ever."""
    cursor = connection.next_cursor()
    if cursor is not None and (cursor == after or not connection.nodes("nodes")):
        raise malformed(f"the pages of {what} do not get on")
    return cursor


def _is_member(data: Node, number: int, asked: Membership) -> bool:
    place = data.node_or_none(f"place{number}")
    if place is None:
        return False
    members = place.node("members")
    users = [each.node_or_none("user") for each in members.nodes("nodes")]
    if any(user is not None and user.text("username") == asked.username for user in users):
        return True
    if members.node("pageInfo").boolean("hasNextPage"):
        raise malformed(f"too many members of {asked.path} are called like {asked.username}")
    return False

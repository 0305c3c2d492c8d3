"""GitLab's work items, read through GraphQL."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from psbot.core.model.history import Act, Activity, History
from psbot.core.model.work_item import Author, Sighting
from psbot.errors import GitLabError
from psbot.gitlab import account_queries as account_queries_module
from psbot.gitlab import item_queries as documents
from psbot.gitlab import system_notes as labelnotes
from psbot.gitlab.account_queries import (
    AUDIENCES,
    LABELS,
    PAIRS,
    PLACES,
    SELF,
    SERVER,
    access,
    access_and_labels,
    audience,
)
from psbot.gitlab.connection import Connection
from psbot.gitlab.decode import (
    Node,
    activity,
    acts,
    author,
    brief,
    comments,
    discussions,
    odd,
    sighting,
    system_notes,
)
from psbot.gitlab.item_queries import Part
from psbot.gitlab.system_notes import SystemNote
from psbot.gitlab.values import (
    Access,
    Account,
    Ask,
    Audience,
    Comment,
    Membership,
    Page,
    People,
    Place,
    ServerFacts,
    TokenFacts,
)

_Value = TypeVar("_Value")

_TOUCHES = 20  # items in one request for their notes
_PAGES = 20  # further pages of one item's notes
_FILTERS = {Part.CHILDREN: "parents", Part.LABELLED: "labels", Part.NAMED: "ids"}


class GitLabReader:
    """A ForgeReader on one GitLab."""

    def __init__(self, connection: Connection, page: int = documents.PAGE) -> None:
        self._connection = connection
        self._page = page

    def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
        """Return who the token is, what it may do in *group* and *projects*, and the labels of *label_group*."""
        paths = tuple(dict.fromkeys(projects))
        first, rest = paths[:PLACES], paths[PLACES:]
        data = self._read(
            access_and_labels(len(first)),
            {"group": group, "labelGroup": label_group, "after": None} | _numbered("project", first),
        )
        user = data.optional("currentUser")
        if user is None:
            raise GitLabError(
                "GitLab does not know the token", "check the token, and that it is for this server"
            )
        places = dict(_places(data, first))
        for chunk in _chunks(rest, PLACES):
            more = self._read(access(len(chunk)), {"group": group} | _numbered("project", chunk))
            places |= _places(more, chunk)
        return Access(
            account=Account(user.text("id"), author(user) or Author("")),
            group=_place(data.optional("group"), group),
            projects=places,
            labels=self._labels(label_group, data),
            label_group=_labelled_place(data.optional("labelGroup"), label_group),
            epics=_count_of_epics(data.optional("group")),
        )

    def fetch_labels(self, group: str) -> Mapping[str, str] | None:
        """Return the labels of *group* and its ancestors, title to global id; None where it is not seen."""
        return self._labels(group, self._read(LABELS, {"labelGroup": group, "after": None}))

    def fetch_pages(self, group: str, asks: Sequence[Ask]) -> Sequence[Page]:
        """Return one page for each of *asks*, of items of *group* and below, in one request."""
        variables: dict[str, object] = {"group": group, "page": self._page}
        for ask in asks:
            variables[f"{ask.part}After"] = ask.after
            if ask.part is Part.MOVED:
                variables["since"] = ask.values[0]
            elif ask.part in _FILTERS:
                variables[_FILTERS[ask.part]] = list(ask.values)
        with_newest = any(ask.with_newest for ask in asks)
        document = documents.listing(tuple(ask.part for ask in asks), with_newest=with_newest)
        found = self._read(document, variables).node("group")
        return [_page(found.node(ask.part), ask) for ask in asks]

    def fetch_item(self, namespace: str, iid: int) -> Sighting | None:
        """Return one item by its place and number; None where GitLab shows none."""
        found = self._read(documents.ITEM, {"namespace": namespace, "iid": str(iid)}).optional("namespace")
        item = found.optional("workItem") if found else None
        return sighting(item) if item else None

    def fetch_activity(self, group: str, gids: Sequence[str]) -> Mapping[str, Activity]:
        """Return, by global id, what was done to items since they were made; unknown ids are left out."""
        found: dict[str, Activity] = {}
        for chunk in _chunks(tuple(gids), _TOUCHES):
            data = self._read(documents.ACTIVITY, {"group": group, "ids": list(chunk)})
            items = data.node("group").node("workItems").nodes("nodes")
            found |= {item.gid(): activity(item) for item in items}
        return found

    def fetch_histories(
        self, group: str, items: Mapping[str, str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return, by global id, the label and state events of *items*; items that are not seen are left out."""
        titles = {gid.rpartition("/")[2]: title for title, gid in labels.items()}
        found: dict[str, History] = {}
        for chunk in _chunks(tuple(items), _TOUCHES):
            for item in self._noted(documents.HISTORIES, group, chunk):
                gid = item.gid()
                notes, cursor = self._to_the_end(documents.HISTORIES, group, item, system_notes)
                found[gid] = labelnotes.history(items[gid], notes[::-1], titles, is_complete=cursor is None)
        return found

    def fetch_whole_histories(
        self, group: str, gids: Sequence[str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return, by global id, everything done to and written on items; items that are not seen are left out."""
        titles = {gid.rpartition("/")[2]: title for title, gid in labels.items()}
        found: dict[str, History] = {}
        for chunk in _chunks(tuple(gids), _TOUCHES):
            for item in self._noted(documents.WHOLE_HISTORIES, group, chunk):
                pairs, cursor = self._to_the_end(documents.WHOLE_HISTORIES, group, item, _pairs)
                pairs = sorted(pairs[::-1], key=lambda pair: pair[0].at)
                system = [note for act, note in pairs if act.is_system]
                history = labelnotes.history(item.gid(), system, titles, is_complete=cursor is None)
                found[item.gid()] = replace(
                    history, acts=tuple(act for act, _ in pairs), is_whole=cursor is None
                )
        return found

    def fetch_comments(self, group: str, gids: Sequence[str]) -> Mapping[str, Sequence[Comment]]:
        """Return, by global id, what was written on items, oldest first; items that are not seen are left out."""
        found: dict[str, Sequence[Comment]] = {}
        for chunk in _chunks(tuple(gids), _TOUCHES):
            for item in self._noted(documents.COMMENTS, group, chunk):
                written, cursor = self._to_the_end(documents.COMMENTS, group, item, comments)
                if cursor is not None:
                    raise odd(f"there are more than {_PAGES} pages of comments on one item")
                found[item.gid()] = sorted(written, key=lambda each: each.at)
        return found

    def _noted(self, document: str, group: str, gids: Sequence[str], after: str | None = None) -> list[Node]:
        data = self._read(document, {"group": group, "ids": list(gids), "after": after})
        return data.node("group").node("workItems").nodes("nodes")

    def _to_the_end(
        self, document: str, group: str, item: Node, parse: Callable[[Node], list[_Value]]
    ) -> tuple[list[_Value], str | None]:
        """Return all notes of an item, and the cursor of what is left where it has too many pages."""
        gid = item.gid()
        found, after = parse(item), None
        cursor = _next(discussions(item), after, "notes")
        for _ in range(_PAGES):
            if cursor is None:
                break
            after = cursor
            for page in self._noted(document, group, (gid,), after):
                found += parse(page)
                cursor = _next(discussions(page), after, "notes")
        return found, cursor

    def fetch_people(self, usernames: Sequence[str], memberships: Sequence[Membership]) -> People:
        """Return which of the accounts and *memberships* exist."""
        ids: dict[str, str] = {}
        inactive: set[str] = set()
        members: set[Membership] = set()
        for chunk in _chunks(tuple(memberships), PAIRS) or [()]:
            places = tuple("group" if each.is_group else "project" for each in chunk)
            data = self._read(
                account_queries_module.people(places),
                {"usernames": list(usernames)}
                | _numbered("place", [each.path for each in chunk])
                | _numbered("person", [each.username for each in chunk]),
            )
            for user in data.node("users").nodes("nodes"):
                ids[user.text("username")] = user.text("id")
                if user.text("state") != "active":
                    inactive.add(user.text("username"))
            members |= {each for number, each in enumerate(chunk) if _is_member(data, number, each)}
        return People(ids, frozenset(inactive), frozenset(members))

    def fetch_audiences(self, projects: Sequence[str]) -> Mapping[str, Audience]:
        """Return who can read *projects*; those that are not seen are left out."""
        found: dict[str, Audience] = {}
        for chunk in _chunks(tuple(dict.fromkeys(projects)), AUDIENCES):
            data = self._read(audience(len(chunk)), _numbered("project", chunk) | {"after": None})
            for number, path in enumerate(chunk):
                if (place := data.optional(f"project{number}")) is not None:
                    found[path] = Audience(
                        place.text_or_none("visibility") == "private", tuple(self._members(path, place))
                    )
        return found

    def fetch_server(self) -> ServerFacts:
        """Return what GitLab says about itself."""
        data = self._read(SERVER, {})
        facts = data.node("metadata")
        return ServerFacts(
            facts.text("version"), facts.flag("enterprise"), author(data.optional("currentUser"))
        )

    def fetch_token(self) -> TokenFacts:
        """Return what the token may do; raises GitLabError where GitLab does not tell."""
        token = Node(self._connection.get(SELF), "token")
        scopes = token.value.get("scopes")
        if not isinstance(scopes, list):
            raise odd("token.scopes is not a list")
        return TokenFacts(frozenset(map(str, scopes)), token.day("expires_at"))

    def _members(self, path: str, place: Node) -> Iterator[Author]:
        after = None
        while True:
            members = place.node("members")
            people = (author(each.optional("user")) for each in members.nodes("nodes"))
            yield from (each for each in people if each is not None)
            if (after := _next(members, after, f"members of {path}")) is None:
                return
            data = self._read(audience(1), {"project0": path, "after": after})
            place = data.node("project0")

    def _labels(self, group: str, data: Node) -> Mapping[str, str] | None:
        found: list[tuple[str, str]] = []
        after = None
        while True:
            place = data.optional("labelGroup")
            if place is None:
                return None
            labels = place.node("labels")
            found += [(each.text("title"), each.text("id")) for each in labels.nodes("nodes")]
            if (cursor := _next(labels, after, "labels")) is None:
                break
            after = cursor
            data = self._read(LABELS, {"labelGroup": group, "after": after})
        if len(found) < labels.number("count"):
            raise odd(f"{len(found)} of {labels.number('count')} labels of {group} came")
        return dict(found)

    def _read(self, document: str, variables: Mapping[str, object]) -> Node:
        return Node(self._connection.read(document, variables), "data")


def _pairs(item: Node) -> list[tuple[Act, SystemNote]]:
    return list(zip(acts(item), system_notes(item), strict=True))


def _numbered(name: str, values: Sequence[str]) -> dict[str, object]:
    return {f"{name}{number}": value for number, value in enumerate(values)}


def _chunks(values: tuple[_Value, ...], size: int) -> list[tuple[_Value, ...]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _places(data: Node, paths: Sequence[str]) -> Iterator[tuple[str, Place | None]]:
    for number, path in enumerate(paths):
        yield path, _place(data.optional(f"project{number}"), path)


def _place(node: Node | None, path: str) -> Place | None:
    if node is None:
        return None
    types = node.node("workItemTypes").nodes("nodes")
    return Place(
        path=path,
        level=_level(node),
        item_type=types[0].text("id") if types else None,
        is_archived=bool(node.value.get("archived")),
    )


def _labelled_place(node: Node | None, path: str) -> Place | None:
    return None if node is None else Place(path, _level(node), None)


def _count_of_epics(group: Node | None) -> int | None:
    epics = group.optional("epics") if group else None
    return epics.number("count") if epics else None


def _level(node: Node) -> int:
    return node.node("maxAccessLevel").number("integerValue")


def _page(connection: Node, ask: Ask) -> Page:
    nodes = connection.nodes("nodes")
    is_brief = ask.part in (Part.LABELLED, Part.MOVED)
    return Page(
        items=() if is_brief else tuple(sighting(node, with_newest=ask.with_newest) for node in nodes),
        briefs=tuple(map(brief, nodes)) if is_brief else (),
        count=connection.number("count"),
        after=_next(connection, ask.after, ask.part),
    )


def _next(connection: Node, after: str | None, what: str) -> str | None:
    """Return the next cursor; a list that does not get on would be read for ever."""
    cursor = connection.cursor()
    if cursor is not None and (cursor == after or not connection.nodes("nodes")):
        raise odd(f"the pages of {what} do not get on")
    return cursor


def _is_member(data: Node, number: int, asked: Membership) -> bool:
    place = data.optional(f"place{number}")
    if place is None:
        return False
    members = place.node("members")
    users = [each.optional("user") for each in members.nodes("nodes")]
    if any(user is not None and user.text("username") == asked.username for user in users):
        return True
    if members.node("pageInfo").flag("hasNextPage"):
        raise odd(f"too many members of {asked.path} are called like {asked.username}")
    return False

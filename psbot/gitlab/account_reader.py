"""Everything that is read about accounts, access, labels and the server; through GraphQL and, for tokens, REST."""

from collections.abc import Iterator, Mapping, Sequence

from psbot.core.model.work_item import Author
from psbot.errors import GitLabError
from psbot.gitlab.account_queries import (
    ARCHIVED_LABELS_QUERY,
    AUDIENCES_PER_QUERY,
    GROUPS_PER_QUERY,
    LABELS_QUERY,
    MEMBERSHIPS_PER_QUERY,
    PROJECTS_PER_QUERY,
    SERVER_QUERY,
    TOKEN_PATH,
    access_and_labels_query,
    access_query,
    accounts_query,
    audience_query,
    group_epics_query,
)
from psbot.gitlab.connection import Connection
from psbot.gitlab.decode import parse_author, parse_username
from psbot.gitlab.item_types import EPIC_TYPE, ISSUE_TYPE, ItemType
from psbot.gitlab.node import Node, malformed
from psbot.gitlab.query import chunks, next_cursor, numbered_variables, query
from psbot.gitlab.values import (
    Access,
    Account,
    AccountLookup,
    Audience,
    GroupEpics,
    Membership,
    NamespaceAccess,
    ServerInfo,
    TokenInfo,
)


def fetch_access(connection: Connection, group: str, projects: Sequence[str], label_group: str) -> Access:
    """Return who the token is, what it may do in *group* and *projects*, and the labels of *label_group*."""
    paths = tuple(dict.fromkeys(projects))
    first, rest = paths[:PROJECTS_PER_QUERY], paths[PROJECTS_PER_QUERY:]
    data = query(
        connection,
        access_and_labels_query(len(first)),
        {"group": group, "labelGroup": label_group, "after": None} | numbered_variables("project", first),
    )
    user = data.node_or_none("currentUser")
    if user is None:
        raise GitLabError(
            "GitLab does not recognise the token", "check that the token is valid and belongs to this server"
        )
    namespaces = dict(_parse_projects(data, first))
    for chunk in chunks(rest, PROJECTS_PER_QUERY):
        more = query(
            connection, access_query(len(chunk)), {"group": group} | numbered_variables("project", chunk)
        )
        namespaces |= _parse_projects(more, chunk)
    return Access(
        account=Account(user.text("id"), parse_author(user) or Author("")),
        group=_parse_group(data.node_or_none("group"), group),
        projects=namespaces,
        labels=_fetch_remaining_labels(connection, label_group, data),
        label_group=_parse_label_group(data.node_or_none("labelGroup"), label_group),
        epic_count=_epic_count(data.node_or_none("group")),
    )


def fetch_labels(connection: Connection, group: str) -> Mapping[str, str] | None:
    """Return the labels of *group* and its ancestors, title to global id; None where it is not visible."""
    return _fetch_remaining_labels(
        connection, group, query(connection, LABELS_QUERY, {"labelGroup": group, "after": None})
    )


def fetch_archived_labels(connection: Connection, group: str) -> frozenset[str]:
    """Return the titles of the archived labels of *group* and its ancestors."""
    found: set[str] = set()
    after = None
    while True:
        data = query(connection, ARCHIVED_LABELS_QUERY, {"labelGroup": group, "after": after})
        labels = data.node("labelGroup").node("labels")
        found.update(each.text("title") for each in labels.nodes("nodes"))
        if (after := next_cursor(labels, after, "archived labels")) is None:
            return frozenset(found)


def fetch_accounts(
    connection: Connection, usernames: Sequence[str], memberships: Sequence[Membership]
) -> AccountLookup:
    """Return which of the accounts and *memberships* exist."""
    gids: dict[str, str] = {}
    inactive: set[str] = set()
    members: set[Membership] = set()
    for chunk in chunks(tuple(memberships), MEMBERSHIPS_PER_QUERY) or [()]:
        namespaces = tuple("group" if each.is_group else "project" for each in chunk)
        data = query(
            connection,
            accounts_query(namespaces),
            {"usernames": list(usernames)}
            | numbered_variables("place", [each.path for each in chunk])
            | numbered_variables("person", [each.username for each in chunk]),
        )
        for user in data.node("users").nodes("nodes"):
            gids[parse_username(user)] = user.text("id")
            if user.text("state") != "active":
                inactive.add(parse_username(user))
        members |= {each for number, each in enumerate(chunk) if _is_member(data, number, each)}
    return AccountLookup(gids, frozenset(inactive), frozenset(members))


def fetch_audiences(connection: Connection, projects: Sequence[str]) -> Mapping[str, Audience]:
    """Return who can read *projects*; those that are not visible are left out."""
    found: dict[str, Audience] = {}
    for chunk in chunks(tuple(dict.fromkeys(projects)), AUDIENCES_PER_QUERY):
        data = query(
            connection, audience_query(len(chunk)), numbered_variables("project", chunk) | {"after": None}
        )
        for number, path in enumerate(chunk):
            if (project := data.node_or_none(f"project{number}")) is not None:
                found[path] = Audience(
                    project.text_or_none("visibility") == "private",
                    tuple(_fetch_members(connection, path, project)),
                )
    return found


def fetch_group_epics(connection: Connection, groups: Sequence[str]) -> Mapping[str, GroupEpics]:
    """Return the epics of *groups* that are not confidential; groups that are not visible are left out."""
    found: dict[str, GroupEpics] = {}
    for chunk in chunks(tuple(dict.fromkeys(groups)), GROUPS_PER_QUERY):
        data = query(connection, group_epics_query(len(chunk)), numbered_variables("group", chunk))
        for number, path in enumerate(chunk):
            if (group := data.node_or_none(f"group{number}")) is not None:
                epics = group.node("epics")
                descriptions = {
                    each.text("iid"): each.text_or_none("description") or "" for each in epics.nodes("nodes")
                }
                found[path] = GroupEpics(epics.number("count"), descriptions)
    return found


def fetch_server(connection: Connection) -> ServerInfo:
    """Return the version and edition of GitLab, and whose token it is."""
    data = query(connection, SERVER_QUERY, {})
    metadata = data.node("metadata")
    return ServerInfo(
        metadata.text("version"),
        metadata.boolean("enterprise"),
        parse_author(data.node_or_none("currentUser")),
    )


def fetch_token(connection: Connection) -> TokenInfo:
    """Return what the token may do; raises GitLabError where GitLab does not show it."""
    token = Node(connection.get(TOKEN_PATH), "token")
    scopes = token.value.get("scopes")
    if not isinstance(scopes, list):
        raise malformed("token.scopes is not a list")
    return TokenInfo(frozenset(map(str, scopes)), token.date_or_none("expires_at"))


def _fetch_members(connection: Connection, path: str, project: Node) -> Iterator[Author]:
    after = None
    while True:
        members = project.node("members")
        accounts = (parse_author(each.node_or_none("user")) for each in members.nodes("nodes"))
        yield from (each for each in accounts if each is not None)
        if (after := next_cursor(members, after, f"members of {path}")) is None:
            return
        data = query(connection, audience_query(1), {"project0": path, "after": after})
        project = data.node("project0")


def _fetch_remaining_labels(connection: Connection, group: str, data: Node) -> Mapping[str, str] | None:
    found: list[tuple[str, str]] = []
    after = None
    while True:
        label_group = data.node_or_none("labelGroup")
        if label_group is None:
            return None
        labels = label_group.node("labels")
        found += [(each.text("title"), each.text("id")) for each in labels.nodes("nodes")]
        if (cursor := next_cursor(labels, after, "labels")) is None:
            break
        after = cursor
        data = query(connection, LABELS_QUERY, {"labelGroup": group, "after": after})
    if len(found) < labels.number("count"):
        raise malformed(f"only {len(found)} of {labels.number('count')} labels of {group}")
    return dict(found)


def _parse_projects(data: Node, paths: Sequence[str]) -> Iterator[tuple[str, NamespaceAccess | None]]:
    for number, path in enumerate(paths):
        yield path, _parse_project(data.node_or_none(f"project{number}"), path)


def _parse_project(node: Node | None, path: str) -> NamespaceAccess | None:
    if node is None:
        return None
    item_type = _find_type(node, ISSUE_TYPE) if node.value.get("issuesEnabled") else None
    return NamespaceAccess(path, _access_level(node), item_type, node.boolean("archived"))


def _parse_group(node: Node | None, path: str) -> NamespaceAccess | None:
    """Return what the token may do in a group; it has no type for epics where the licence does not include them."""
    if node is None:
        return None
    is_licensed = node.node("availableFeatures").boolean("hasEpicsFeature")
    has_epics = is_licensed and node.node_or_none("epics") is not None
    return NamespaceAccess(path, _access_level(node), _find_type(node, EPIC_TYPE) if has_epics else None)


def _find_type(node: Node, item_type: ItemType) -> str | None:
    types = [(each.text("id"), each.text("name")) for each in node.node("workItemTypes").nodes("nodes")]
    gids = [gid for gid, name in types if item_type.is_same(gid, name)]
    return next(filter(item_type.has_number, gids), gids[0] if gids else None)


def _parse_label_group(node: Node | None, path: str) -> NamespaceAccess | None:
    return None if node is None else NamespaceAccess(path, _access_level(node), None)


def _epic_count(group: Node | None) -> int | None:
    epics = group.node_or_none("epics") if group else None
    return epics.number("count") if epics else None


def _access_level(node: Node) -> int:
    return node.node("maxAccessLevel").number("integerValue")


def _is_member(data: Node, number: int, membership: Membership) -> bool:
    namespace = data.node_or_none(f"place{number}")
    if namespace is None:
        return False
    members = namespace.node("members")
    users = [each.node_or_none("user") for each in members.nodes("nodes")]
    if any(user is not None and parse_username(user) == membership.username for user in users):
        return True
    if members.node("pageInfo").boolean("hasNextPage"):
        raise malformed(f"too many members of {membership.path} match {membership.username}")
    return False

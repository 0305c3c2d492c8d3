"""What each page shows, as values for its template."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psbot.sandbox.rules import access, references
from psbot.sandbox.rules.membership import DIRECT, INHERITED, list_memberships
from psbot.sandbox.state import dates, urls
from psbot.sandbox.state.accounts import Membership, Namespace, User
from psbot.sandbox.state.model import TYPE_NAMES, ItemType, WorkItem
from psbot.sandbox.web.board import build_board
from psbot.sandbox.web.history import build_history
from psbot.sandbox.web.rows import Row, build_rows
from psbot.sandbox.web.visit import Visit

Links = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its template, title, breadcrumbs and the values for the template."""

    template: str
    title: str
    breadcrumbs: Links
    context: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class NamespaceSummary:
    """A group or project that the user may see: its link, its boards, its epics, and how many issues are open."""

    namespace: Namespace
    href: str
    boards: Links
    epics: tuple[Row, ...] = ()
    open_issues: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """A user with their roles, and the link to view this page as them."""

    user: User
    role: str
    href: str


def overview_page(visit: Visit) -> Page:
    """Return the page of all groups and projects with their epics, and the users to view as."""
    seen = [
        one for one in visit.world.namespaces.values() if access.is_readable(visit.world, visit.viewer, one)
    ]
    places = [
        _summarize(visit, one) for one in sorted(seen, key=lambda one: (not one.is_group, one.full_path))
    ]
    people = [
        Member(user, _role_text(visit, user), visit.this_page_as(user)) for user in visit.world.users.values()
    ]
    return Page("overview.html", "Overview", (), {"places": places, "accounts": people})


def namespace_page(visit: Visit, namespace: Namespace) -> Page:
    """Return the page of a group and its content, or of a project and its issues."""
    below = [
        one
        for one in visit.world.children_of[namespace.namespace_id]
        if access.is_readable(visit.world, visit.viewer, one)
    ]
    context = {
        "place": _summarize(visit, namespace),
        "items": build_rows(visit, visit.world.items_of[namespace.namespace_id].values()),
        "below": [_summarize(visit, one) for one in below],
        "members": [_member(visit, one) for one in _list_members(visit, namespace)],
    }
    return Page("place.html", namespace.full_path, _breadcrumbs(visit, namespace)[:-1], context)


def user_page(visit: Visit, user: User) -> Page:
    """Return the page of a user with the assigned items that the viewer may see."""
    assigned = build_rows(visit, (item for item in visit.world.items.values() if user in item.assignees))
    return Page("person.html", user.name, (), {"user": user, "items": assigned})


def board_page(visit: Visit, namespace: Namespace, *, of_epics: bool) -> Page:
    """Return the board of the issues of a group or project, or of a group's epics."""
    board = build_board(visit, namespace, (visit.query or {}).get("scope"), of_epics=of_epics)
    kind = "Epic board" if of_epics else "Issue board"
    context = {"board": board, "boards": _board_links(visit, namespace)}
    return Page("board.html", f"{kind} of {namespace.full_path}", _breadcrumbs(visit, namespace), context)


def item_page(visit: Visit, found: WorkItem) -> Page:
    """Return the page of an epic, an issue or a task."""
    parent = found.parent if found.parent and visit.can_see(found.parent) else None
    children = build_rows(visit, found.children)
    context = {
        "item": found,
        "kind": TYPE_NAMES[found.type],
        "description": visit.render_text(found.description, found.namespace),
        "labels": sorted(found.labels, key=lambda label: label.title),
        "start_on": dates.start_of(found),
        "due_on": dates.due_of(found),
        "parent": build_rows(visit, [parent])[0] if parent else None,
        "moved_to": build_rows(visit, [found.moved_to] if found.moved_to else []),
        "links": build_rows(visit, _linked_items(found)),
        "children": children,
        "open_count": sum(child.is_open for child in children),
        "closed_count": sum(not child.is_open for child in children),
        "history": build_history(visit, found),
    }
    breadcrumbs = (
        *_breadcrumbs(visit, found.namespace),
        (references.relative_reference(found, found.namespace), visit.link(urls.item_path(found))),
    )
    return Page("item.html", found.title, breadcrumbs, context)


def not_found_page(unknown: str | None = None) -> Page:
    """Return the page for a missing or hidden page, or for the unknown username *unknown*."""
    return Page("missing.html", "Page not found", (), {"unknown": unknown})


def _linked_items(found: WorkItem) -> Iterable[WorkItem]:
    return [link.target if link.source is found else link.source for link in found.links]


def _breadcrumbs(visit: Visit, namespace: Namespace) -> Links:
    lineage = reversed(namespace.self_and_ancestors)
    return tuple((one.name, visit.link(_namespace_path(one))) for one in lineage)


def _namespace_path(namespace: Namespace) -> str:
    return f"/{'groups/' if namespace.is_group else ''}{namespace.full_path}"


def _summarize(visit: Visit, namespace: Namespace) -> NamespaceSummary:
    items = [one for one in visit.world.items_of[namespace.namespace_id].values() if visit.can_see(one)]
    return NamespaceSummary(
        namespace,
        visit.link(_namespace_path(namespace)),
        _board_links(visit, namespace),
        tuple(build_rows(visit, (one for one in items if one.type is ItemType.EPIC))),
        sum(one.is_open for one in items if one.type is not ItemType.EPIC),
    )


def _board_links(visit: Visit, namespace: Namespace) -> Links:
    path = _namespace_path(namespace)
    issues = ("Issue board", visit.link(f"{path}/-/boards"))
    if not (namespace.is_group and visit.world.has_epics):
        return (issues,)
    return (issues, ("Epic board", visit.link(f"{path}/-/epic_boards")))


def _list_members(visit: Visit, namespace: Namespace) -> list[Membership]:
    return list_memberships(visit.world, namespace, frozenset({DIRECT, INHERITED}))


def _member(visit: Visit, entry: Membership) -> Member:
    return Member(entry.user, entry.access_level.name.capitalize(), visit.this_page_as(entry.user))


def _role_text(visit: Visit, user: User) -> str:
    """Return the user's roles, each with its group or project, as text."""
    if user.is_admin:
        return "Administrator"
    own = [entry for entry in visit.world.memberships.values() if entry.user is user]
    seen = [entry for entry in own if access.is_readable(visit.world, visit.viewer, entry.namespace)]
    return ", ".join(
        f"{entry.access_level.name.capitalize()} in {entry.namespace.full_path}" for entry in seen
    )

"""Members of groups and projects: direct, inherited, and those of invited groups."""

from collections.abc import Iterator
from dataclasses import replace

from psbot.sandbox.state.accounts import AccessLevel, Membership, Namespace
from psbot.sandbox.state.world import World

DIRECT = "DIRECT"
INHERITED = "INHERITED"
DESCENDANTS = "DESCENDANTS"
# GitLab names the relations of invited groups differently in groups and in projects.
_INVITED = {True: "SHARED_FROM_GROUPS", False: "INVITED_GROUPS"}
_INVITED_ABOVE = {True: "SHARED_FROM_GROUPS", False: "SHARED_INTO_ANCESTORS"}
ALL_RELATIONS = frozenset({DIRECT, INHERITED, *_INVITED.values(), *_INVITED_ABOVE.values()})


def list_memberships(world: World, namespace: Namespace, relations: frozenset[str]) -> list[Membership]:
    """Return each user's membership with the highest access level, by user ID."""
    best: dict[int, Membership] = {}
    for entry in _iter_memberships(world, namespace, relations):
        known = best.get(entry.user.id)
        if known is None or entry.access_level > known.access_level:
            best[entry.user.id] = entry
    return [best[user_id] for user_id in sorted(best)]


def _iter_memberships(world: World, namespace: Namespace, relations: frozenset[str]) -> Iterator[Membership]:
    above = namespace.self_and_ancestors[1:]
    if DIRECT in relations:
        yield from _direct_memberships(world, [namespace])
    if INHERITED in relations:
        yield from _direct_memberships(world, above)
    if DESCENDANTS in relations:
        yield from _direct_memberships(world, list(world.subtree(namespace))[1:])
    if _INVITED[namespace.is_group] in relations:
        yield from _invited_memberships(world, [namespace])
    if _INVITED_ABOVE[namespace.is_group] in relations:
        yield from _invited_memberships(world, above)


def _direct_memberships(world: World, namespaces: list[Namespace]) -> Iterator[Membership]:
    wanted = {place.namespace_id for place in namespaces}
    yield from (entry for (where, _), entry in world.memberships.items() if where in wanted)


def _invited_memberships(world: World, namespaces: list[Namespace]) -> Iterator[Membership]:
    for place in namespaces:
        for share in place.shares:
            for entry in _direct_memberships(world, share.group.self_and_ancestors):
                yield replace(entry, access_level=AccessLevel(min(entry.access_level, share.access_level)))


def search_memberships(entries: list[Membership], query: str | None) -> list[Membership]:
    """Return the memberships of people whose name or username contains *query*."""
    if not query:
        return entries
    text = query.lower()
    return [
        entry for entry in entries if text in entry.user.username.lower() or text in entry.user.name.lower()
    ]

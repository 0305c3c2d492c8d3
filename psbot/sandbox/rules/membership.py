"""Members of groups and projects: direct ones, inherited ones, and those of invited groups."""

from collections.abc import Iterator
from dataclasses import replace

from psbot.sandbox.state.accounts import Access, Membership, Namespace
from psbot.sandbox.state.world import World

DIRECT = "DIRECT"
INHERITED = "INHERITED"
DESCENDANTS = "DESCENDANTS"
# GitLab calls invited groups by other names in groups than in projects.
_INVITED = {True: "SHARED_FROM_GROUPS", False: "INVITED_GROUPS"}
_INVITED_ABOVE = {True: "SHARED_FROM_GROUPS", False: "SHARED_INTO_ANCESTORS"}
EVERYBODY = frozenset({DIRECT, INHERITED, *_INVITED.values(), *_INVITED_ABOVE.values()})


def memberships(world: World, namespace: Namespace, relations: frozenset[str]) -> list[Membership]:
    """Return one membership a user, the one with the highest role; by user id."""
    best: dict[int, Membership] = {}
    for entry in _entries(world, namespace, relations):
        known = best.get(entry.user.id)
        if known is None or entry.access > known.access:
            best[entry.user.id] = entry
    return [best[user_id] for user_id in sorted(best)]


def _entries(world: World, namespace: Namespace, relations: frozenset[str]) -> Iterator[Membership]:
    above = namespace.lineage[1:]
    if DIRECT in relations:
        yield from _direct(world, [namespace])
    if INHERITED in relations:
        yield from _direct(world, above)
    if DESCENDANTS in relations:
        yield from _direct(world, list(world.subtree(namespace))[1:])
    if _INVITED[namespace.is_group] in relations:
        yield from _invited(world, [namespace])
    if _INVITED_ABOVE[namespace.is_group] in relations:
        yield from _invited(world, above)


def _direct(world: World, places: list[Namespace]) -> Iterator[Membership]:
    wanted = {place.namespace_id for place in places}
    yield from (entry for (where, _), entry in world.memberships.items() if where in wanted)


def _invited(world: World, places: list[Namespace]) -> Iterator[Membership]:
    for place in places:
        for share in place.shares:
            for entry in _direct(world, share.group.lineage):
                yield replace(entry, access=Access(min(entry.access, share.access)))


def matching(found: list[Membership], query: str | None) -> list[Membership]:
    """Return the memberships of people whose name or username contains *query*."""
    if not query:
        return found
    text = query.lower()
    return [one for one in found if text in one.user.username.lower() or text in one.user.name.lower()]

"""Members of groups and projects, direct and inherited."""

from psbot.sandbox.model import Membership, Namespace
from psbot.sandbox.world import World

DIRECT = "DIRECT"
INHERITED = "INHERITED"
DESCENDANTS = "DESCENDANTS"


def memberships(world: World, namespace: Namespace, relations: frozenset[str]) -> list[Membership]:
    """Return one membership a user, the one with the highest role; by user id."""
    places: list[Namespace] = []
    if DIRECT in relations:
        places.append(namespace)
    if INHERITED in relations:
        places += namespace.lineage[1:]
    if DESCENDANTS in relations:
        places += list(world.subtree(namespace))[1:]
    wanted = {place.namespace_id for place in places}
    best: dict[int, Membership] = {}
    for (where, user_id), entry in world.memberships.items():
        known = best.get(user_id)
        if where in wanted and (known is None or entry.access > known.access):
            best[user_id] = entry
    return [best[user_id] for user_id in sorted(best)]


def matching(found: list[Membership], query: str | None) -> list[Membership]:
    """Return the memberships of people whose name or username contains *query*."""
    if not query:
        return found
    text = query.lower()
    return [one for one in found if text in one.user.username.lower() or text in one.user.name.lower()]

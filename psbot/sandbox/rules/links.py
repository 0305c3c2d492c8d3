"""Links between items: related, blocking, blocked by."""

from psbot.sandbox.rules import access
from psbot.sandbox.rules.references import add_system_note, relative_reference
from psbot.sandbox.rules.refusals import Conflict, Forbidden
from psbot.sandbox.state.accounts import AccessLevel, Edition, User
from psbot.sandbox.state.model import Link, WorkItem
from psbot.sandbox.state.world import World

_OPPOSITE = {"relates_to": "relates_to", "blocks": "is_blocked_by", "is_blocked_by": "blocks"}
_NOTE_TEXTS = {
    "relates_to": "marked this {kind} as related to {other}",
    "blocks": "marked this {kind} as blocking {other}",
    "is_blocked_by": "marked this {kind} as blocked by {other}",
}


def link_kind(link: Link, seen_from: WorkItem) -> str:
    """Return the kind of a link as seen from one of its items."""
    return link.kind if link.source is seen_from else _OPPOSITE[link.kind]


def links_of(world: World, user: User | None, item: WorkItem) -> list[tuple[Link, WorkItem]]:
    """Return the links of *item* with the linked items that the user may see."""
    ends = [(link, link.target if link.source is item else link.source) for link in item.links]
    return [(link, other) for link, other in ends if access.can_read(world, user, other)]


def add_link(world: World, user: User, source: WorkItem, target: WorkItem, kind: str = "relates_to") -> Link:
    """Link *source* to *target*. Raises Conflict if they are linked, Forbidden if the edition has no such link."""
    access.require(access.max_access_level(world, user, source.namespace) >= AccessLevel.GUEST)
    if kind != "relates_to" and not world.has_epics:
        raise Forbidden("Blocked work items not available for current license")
    if (source.is_epic or target.is_epic) and world.edition is not Edition.ULTIMATE:
        raise Forbidden("Linked epics are not available for current license")
    if any(target in (link.source, link.target) for link in source.links):
        raise Conflict("Issue(s) already assigned")
    link = Link(world.next_id("link"), source, target, kind, world.record_write())
    world.links[link.id] = link
    for end, other, note_text in (
        (source, target, _NOTE_TEXTS[kind]),
        (target, source, _NOTE_TEXTS[_OPPOSITE[kind]]),
    ):
        end.links.append(link)
        end.touch(world.clock.now())
        body = note_text.format(kind=_kind_name(end), other=relative_reference(other, end.namespace))
        add_system_note(world, end, user, body, "relate", mentions=other)
    return link


def remove_link(world: World, user: User, link: Link) -> None:
    """Remove a link."""
    access.require(access.max_access_level(world, user, link.source.namespace) >= AccessLevel.GUEST)
    world.record_write()
    for end, other in ((link.source, link.target), (link.target, link.source)):
        body = f"removed the relation with {relative_reference(other, end.namespace)}"
        add_system_note(world, end, user, body, "unrelate", mentions=other)
        end.touch(world.clock.now())
    world.remove_link(link)


def _kind_name(item: WorkItem) -> str:
    return "epic" if item.is_epic else item.type.value.lower()

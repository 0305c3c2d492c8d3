"""Handlers for emoji reactions to issues and notes."""

import re
from collections.abc import Callable
from typing import Any

from psbot.sandbox.rest_api.call import Call, RestResponse
from psbot.sandbox.rest_api.entities import format_timestamp, user_entity
from psbot.sandbox.rest_api.paging import paginate
from psbot.sandbox.rules import access
from psbot.sandbox.rules.refusals import Invalid, NotFound
from psbot.sandbox.state.events import Reaction
from psbot.sandbox.state.model import Note, WorkItem

Find = Callable[[Call], WorkItem | Note]
_NAME = re.compile(r"[a-z0-9_+-]+\Z")


def list_reactions(call: Call, find: Find) -> RestResponse:
    """Return the reactions to an item or a note, the oldest first."""
    target = find(call)
    return paginate(call, target.reactions, lambda reaction: _reaction_entity(call, target, reaction))


def _find_reaction(call: Call, target: WorkItem | Note) -> Reaction:
    reaction = next(
        (each for each in target.reactions if str(each.id) == call.path_parameters["award_id"]), None
    )
    if reaction is None:
        raise NotFound("404 Not found")
    return reaction


def get_reaction(call: Call, find: Find) -> object:
    """Return one reaction."""
    target = find(call)
    return _reaction_entity(call, target, _find_reaction(call, target))


def create_reaction(call: Call, find: Find) -> RestResponse:
    """Add a reaction; each emoji once per user."""
    target = find(call)
    item = target.item if isinstance(target, Note) else target
    access.require(access.can_comment(call.world, call.user, item))
    name = call.required("name").strip(":")
    if not _NAME.match(name):
        raise Invalid({"name": ["is not a valid emoji name"]})
    if any(each.name == name and each.user is call.user for each in target.reactions):
        raise NotFound("404 Award Emoji Name has already been taken Not Found")
    reaction = Reaction(call.world.next_id("reaction"), call.user, name, call.world.record_write())
    target.reactions.append(reaction)
    return RestResponse(_reaction_entity(call, target, reaction), 201)


def delete_reaction(call: Call, find: Find) -> RestResponse:
    """Remove a reaction."""
    target = find(call)
    reaction = _find_reaction(call, target)
    access.require(reaction.user is call.user or call.user.is_admin)
    target.reactions.remove(reaction)
    call.world.record_write()
    return RestResponse(None, 204)


def _reaction_entity(call: Call, target: WorkItem | Note, reaction: Reaction) -> dict[str, Any]:
    kind = "Note" if isinstance(target, Note) else "Epic" if target.is_epic else "Issue"
    return {
        "id": reaction.id,
        "name": reaction.name,
        "user": user_entity(call.world, reaction.user),
        "created_at": format_timestamp(reaction.created_at),
        "updated_at": format_timestamp(reaction.created_at),
        "awardable_id": target.id,
        "awardable_type": kind,
        "url": None,
    }

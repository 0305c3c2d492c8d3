"""Emoji reactions to issues and notes."""

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
    """Return the reactions to a thing, the oldest first."""
    found = find(call)
    return paginate(call, found.reactions, lambda reaction: _reaction_entity(call, found, reaction))


def _find_reaction(call: Call, found: WorkItem | Note) -> Reaction:
    reaction = next(
        (each for each in found.reactions if str(each.id) == call.path_parameters["award_id"]), None
    )
    if reaction is None:
        raise NotFound("404 Not found")
    return reaction


def get_reaction(call: Call, find: Find) -> object:
    """Return one reaction."""
    found = find(call)
    return _reaction_entity(call, found, _find_reaction(call, found))


def create_reaction(call: Call, find: Find) -> RestResponse:
    """React to a thing; once with each emoji."""
    found = find(call)
    item = found.item if isinstance(found, Note) else found
    access.require(access.can_comment(call.world, call.user, item))
    name = call.required("name").strip(":")
    if not _NAME.match(name):
        raise Invalid({"name": ["is not a valid emoji name"]})
    if any(each.name == name and each.user is call.user for each in found.reactions):
        raise NotFound("404 Award Emoji Name has already been taken Not Found")
    made = Reaction(call.world.next_id("reaction"), call.user, name, call.world.record_write())
    found.reactions.append(made)
    return RestResponse(_reaction_entity(call, found, made), 201)


def delete_reaction(call: Call, find: Find) -> RestResponse:
    """Take a reaction back."""
    found = find(call)
    reaction = _find_reaction(call, found)
    access.require(reaction.user is call.user or call.user.is_admin)
    found.reactions.remove(reaction)
    call.world.record_write()
    return RestResponse(None, 204)


def _reaction_entity(call: Call, found: WorkItem | Note, reaction: Reaction) -> dict[str, Any]:
    kind = "Note" if isinstance(found, Note) else "Epic" if found.is_epic else "Issue"
    return {
        "id": reaction.id,
        "name": reaction.name,
        "user": user_entity(call.world, reaction.user),
        "created_at": format_timestamp(reaction.created_at),
        "updated_at": format_timestamp(reaction.created_at),
        "awardable_id": found.id,
        "awardable_type": kind,
        "url": None,
    }

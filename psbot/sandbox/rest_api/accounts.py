"""People, tokens and the instance."""

from psbot.sandbox.refusals import NotFound
from psbot.sandbox.rest_api.call import Answer, Call
from psbot.sandbox.rest_api.entities import account_entity, instant, user_entity
from psbot.sandbox.rest_api.paging import paged
from psbot.sandbox.world import VERSION


def me(call: Call) -> object:
    """Return who is signed in."""
    return account_entity(call.world, call.user)


def users(call: Call) -> Answer:
    """Return people, by username or by a part of their names."""
    found = list(call.world.users.values())
    if call.text("username") is not None:
        found = [user for user in found if user.username.lower() == call.required("username").lower()]
    if call.text("search"):
        text = call.required("search").lower()
        found = [user for user in found if text in user.username.lower() or text in user.name.lower()]
    return paged(call, sorted(found, key=lambda user: -user.id), lambda user: user_entity(call.world, user))


def user(call: Call) -> object:
    """Return one person."""
    found = call.world.user_by_id(int(call.parts["id"])) if call.parts["id"].isdigit() else None
    if found is None:
        raise NotFound("404 User Not Found")
    return {**user_entity(call.world, found), "bot": found.is_bot}


def version(call: Call) -> object:
    """Return the instance's version."""
    return {"version": VERSION, "revision": "0000000", "enterprise": bool(call.user)}


def own_token(call: Call) -> object:
    """Return the token that the request came with; NotFound for nobody's."""
    token = call.token
    if token is None:
        raise NotFound("404 Not found")
    return {
        "id": token.id,
        "name": token.name,
        "revoked": token.is_revoked,
        "created_at": instant(token.created_at),
        "scopes": sorted(token.scopes),
        "user_id": token.user.id,
        "active": True,
        "expires_at": token.expires_on.isoformat() if token.expires_on else None,
    }

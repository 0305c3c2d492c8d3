"""People, tokens and the instance."""

from psbot.sandbox.rest_api.call import Answer, Call, MissingParameter
from psbot.sandbox.rest_api.entities import account_entity, instant, user_entity
from psbot.sandbox.rest_api.paging import paged
from psbot.sandbox.rules import access
from psbot.sandbox.rules import accounts as people
from psbot.sandbox.rules.refusals import NotFound
from psbot.sandbox.state.accounts import Edition, Membership, User
from psbot.sandbox.state.world import VERSION

# GitLab calls a group a namespace here.
_PLACES = {True: "Namespace", False: "Project"}


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


def _of_path(call: Call) -> User:
    number = call.parts["id"]
    found = call.world.user_by_id(int(number)) if number.isdigit() else None
    if found is None:
        raise NotFound("404 User Not Found")
    return found


def user(call: Call) -> object:
    """Return one person."""
    found = _of_path(call)
    return {**user_entity(call.world, found), "bot": found.is_bot}


def create_user(call: Call) -> Answer:
    """Make an account; its mail address and password are taken and forgotten."""
    call.required("email")
    made = people.create_user(call.world, call.user, call.required("username"), call.required("name"))
    return Answer(user_entity(call.world, made), 201)


def create_service_account(call: Call) -> Answer:
    """Make a service account of a group; without a name, GitLab gives it one."""
    group = call.namespace(is_group=True)
    number = call.world.counters["user"] + 1
    username = call.text("username") or f"service_account_group_{group.id}_{number}"
    name = call.text("name") or "Service account user"
    made = people.create_service_account(call.world, call.user, group, username, name)
    return Answer(user_entity(call.world, made), 201)


def delete_user(call: Call) -> Answer:
    """Delete an account; what it wrote goes with it for ``hard_delete``, else to the ghost."""
    found = _of_path(call)
    people.delete_user(call.world, call.user, found, with_work=bool(call.flag("hard_delete")))
    return Answer(None, 204)


def user_memberships(call: Call) -> Answer:
    """Return where somebody is a direct member; for administrators."""
    access.require(call.user.is_admin)
    found, kind = _of_path(call), call.text("type")
    if kind not in (None, *_PLACES.values()):
        raise MissingParameter("type does not have a valid value")
    entries = [one for one in call.world.memberships.values() if one.user is found]
    shown = [one for one in entries if kind in (None, _PLACES[one.namespace.is_group])]
    return paged(call, shown, _membership)


def _membership(entry: Membership) -> dict[str, object]:
    place = entry.namespace
    return {
        "source_id": place.id,
        "source_name": place.name,
        "source_type": _PLACES[place.is_group],
        "access_level": int(entry.access),
    }


def license_of(call: Call) -> object:
    """Return what the instance is licensed for; for administrators."""
    access.require(call.user.is_admin)
    if call.world.edition is Edition.FREE:
        raise NotFound("404 Not found")
    started = instant(call.world.clock.now())
    return {"id": 1, "plan": call.world.edition.value, "created_at": started, "expired": False}


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

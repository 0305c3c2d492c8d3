"""Handlers for users, the current token, the licence and the version."""

from psbot.sandbox.rest_api.call import Call, MissingParameter, RestResponse
from psbot.sandbox.rest_api.entities import account_entity, format_timestamp, user_entity
from psbot.sandbox.rest_api.paging import paginate
from psbot.sandbox.rules import access, accounts
from psbot.sandbox.rules.refusals import NotFound
from psbot.sandbox.state.accounts import Edition, Membership, User

# GitLab calls a group a namespace in this response.
_SOURCE_TYPES = {True: "Namespace", False: "Project"}


def get_current_user(call: Call) -> object:
    """Return the current user."""
    return account_entity(call.world, call.user)


def list_users(call: Call) -> RestResponse:
    """Return users, filtered by username or by a part of their names."""
    found = list(call.world.users.values())
    if call.text("username") is not None:
        found = [user for user in found if user.username.lower() == call.required("username").lower()]
    if call.text("search"):
        text = call.required("search").lower()
        found = [user for user in found if text in user.username.lower() or text in user.name.lower()]
    return paginate(
        call, sorted(found, key=lambda user: -user.id), lambda user: user_entity(call.world, user)
    )


def _find_user(call: Call) -> User:
    number = call.path_parameters["id"]
    found = call.world.user_by_id(int(number)) if number.isdigit() else None
    if found is None:
        raise NotFound("404 User Not Found")
    return found


def get_user(call: Call) -> object:
    """Return one user."""
    found = _find_user(call)
    return {**user_entity(call.world, found), "bot": found.is_bot}


def create_user(call: Call) -> RestResponse:
    """Create an account; its email address and password are accepted and ignored."""
    call.required("email")
    account = accounts.create_user(call.world, call.user, call.required("username"), call.required("name"))
    return RestResponse(user_entity(call.world, account), 201)


def create_service_account(call: Call) -> RestResponse:
    """Create a service account of a group; without a name, GitLab generates one."""
    group = call.namespace(is_group=True)
    number = call.world.counters["user"] + 1
    username = call.text("username") or f"service_account_group_{group.id}_{number}"
    name = call.text("name") or "Service account user"
    account = accounts.create_service_account(call.world, call.user, group, username, name)
    return RestResponse(user_entity(call.world, account), 201)


def delete_user(call: Call) -> RestResponse:
    """Delete an account; ``hard_delete`` deletes its contributions too, else the ghost user gets them."""
    found = _find_user(call)
    accounts.delete_user(call.world, call.user, found, with_contributions=bool(call.flag("hard_delete")))
    return RestResponse(None, 204)


def list_user_memberships(call: Call) -> RestResponse:
    """Return the direct memberships of a user; for administrators."""
    access.require(call.user.is_admin)
    found, kind = _find_user(call), call.text("type")
    if kind not in (None, *_SOURCE_TYPES.values()):
        raise MissingParameter("type does not have a valid value")
    entries = [one for one in call.world.memberships.values() if one.user is found]
    shown = [one for one in entries if kind in (None, _SOURCE_TYPES[one.namespace.is_group])]
    return paginate(call, shown, _membership_entity)


def _membership_entity(entry: Membership) -> dict[str, object]:
    place = entry.namespace
    return {
        "source_id": place.id,
        "source_name": place.name,
        "source_type": _SOURCE_TYPES[place.is_group],
        "access_level": int(entry.access_level),
    }


def get_license(call: Call) -> object:
    """Return the licence of the instance; for administrators."""
    access.require(call.user.is_admin)
    if call.world.edition is Edition.FREE:
        raise NotFound("404 Not found")
    started = format_timestamp(call.world.clock.now())
    return {"id": 1, "plan": call.world.edition.value, "created_at": started, "expired": False}


def get_version(call: Call) -> object:
    """Return the instance's version."""
    return {"version": call.world.server_version, "revision": "0000000", "enterprise": bool(call.user)}


def get_own_token(call: Call) -> object:
    """Return the token of the request. Raises NotFound for an anonymous one."""
    token = call.token
    if token is None:
        raise NotFound("404 Not found")
    return {
        "id": token.id,
        "name": token.name,
        "revoked": token.is_revoked,
        "created_at": format_timestamp(token.created_at),
        "scopes": sorted(token.scopes),
        "user_id": token.user.id,
        "active": True,
        "expires_at": token.expires_on.isoformat() if token.expires_on else None,
    }

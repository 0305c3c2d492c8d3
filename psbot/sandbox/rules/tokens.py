"""Authentication: the token of a request, sudo, and how GitLab refuses a bad token."""

from collections.abc import Mapping
from dataclasses import replace

from psbot.sandbox.state.accounts import Token
from psbot.sandbox.state.world import World


class BadToken(Exception):
    """A token that is unknown, expired or revoked."""

    status = 401

    def __init__(self, body: Mapping[str, str]) -> None:
        super().__init__(str(body))
        self.body = dict(body)


class SudoRefused(BadToken):
    """A request to act as another user (sudo) that is refused."""

    def __init__(self, body: Mapping[str, str], status: int) -> None:
        super().__init__(body)
        self.status = status


def token_of_request(world: World, headers: Mapping[str, str], query: Mapping[str, str]) -> Token | None:
    """Return the request's token, None for an anonymous one. Raises BadToken."""
    value = headers.get("private-token") or query.get("private_token") or query.get("access_token") or ""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if not value and scheme.lower() == "bearer":
        value = credentials.strip()
    if not value:
        return None
    token = world.tokens.get(value)
    if token is None or token.user.state != "active":
        raise BadToken({"message": "401 Unauthorized"})
    if token.is_revoked:
        raise BadToken(_invalid_token_body("Token was revoked. You have to re-authorize from the user."))
    if token.expires_on and token.expires_on <= world.clock.now().date():
        raise BadToken(
            _invalid_token_body("Token is expired. You can either do re-authorization or token refresh.")
        )
    return token


def apply_sudo(world: World, token: Token | None, sudo: str | None) -> Token | None:
    """Return the token for the user *sudo*, given by ID or username. Raises SudoRefused."""
    if sudo is None:
        return token
    if token is None or not token.user.is_admin or "sudo" not in token.scopes:
        raise SudoRefused({"error": "Must be admin to use sudo"}, 403)
    user = world.user_by_id(int(sudo)) if sudo.isdigit() else world.user(sudo)
    if user is None:
        raise SudoRefused({"message": f"404 User with ID or username '{sudo}' Not Found"}, 404)
    return replace(token, user=user)


def _invalid_token_body(description: str) -> dict[str, str]:
    return {"error": "invalid_token", "error_description": description}


def may_write(token: Token) -> bool:
    """Tell whether the token's scopes allow changes."""
    return "api" in token.scopes


def may_read(token: Token) -> bool:
    """Tell whether the token's scopes allow reads of the API."""
    return bool(token.scopes & {"api", "read_api"})


INSUFFICIENT_SCOPE = {
    "error": "insufficient_scope",
    "error_description": "The request requires higher privileges than provided by the access token.",
    "scope": "api",
}

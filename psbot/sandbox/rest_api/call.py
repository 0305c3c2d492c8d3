"""One REST request with its parameters, and responses with a status or headers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast
from urllib.parse import parse_qsl

from starlette.requests import Request

from psbot.sandbox.faults.faults import Fault
from psbot.sandbox.rules import access
from psbot.sandbox.rules.refusals import Invalid, NotFound, Refusal
from psbot.sandbox.state.accounts import Namespace, Token, User
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.world import World


class MissingParameter(Refusal):
    """A required parameter is missing, or a parameter has an invalid value."""


class Unauthorized(Refusal):
    """The request needs a token and has none."""

    status = 401


@dataclass(frozen=True, slots=True)
class RestResponse:
    """A response with a status other than 200, or with headers."""

    data: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the token, and the path, query and body parameters by name."""

    world: World
    token: Token | None
    method: str
    path: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, Any]
    parameters: Mapping[str, Any]
    fault: Fault | None = None

    @property
    def user(self) -> User:
        """Return the current user. Raises Unauthorized for an anonymous request."""
        if self.token is None:
            raise Unauthorized("401 Unauthorized")
        return self.token.user

    @property
    def viewer(self) -> User | None:
        """Return the current user; None for an anonymous request."""
        return self.token.user if self.token else None

    def text(self, name: str) -> str | None:
        """Return a parameter as text; None if it is missing or null."""
        value = self.parameters.get(name)
        return None if value is None else str(value)

    def required(self, name: str) -> str:
        """Return a required parameter. Raises MissingParameter."""
        value = self.text(name)
        if value is None:
            raise MissingParameter(f"{name} is missing")
        return value

    def number(self, name: str) -> int | None:
        """Return a parameter as a number."""
        value = self.text(name)
        if not value:
            return None
        try:
            return int(value)
        except ValueError:
            raise MissingParameter(f"{name} is invalid") from None

    def flag(self, name: str) -> bool | None:
        """Return a parameter as a boolean."""
        value = self.text(name)
        return None if value is None else value.lower() in ("true", "1", "yes", "on")

    def list_of(self, name: str) -> list[str] | None:
        """Return a parameter that is a list or comma-separated text; empty parts are left out."""
        value = self.parameters.get(name)
        if value is None:
            return None
        parts = value if isinstance(value, list) else str(value).split(",")
        return [str(part).strip() for part in parts if str(part).strip()]

    def timestamp(self, name: str) -> datetime | None:
        """Return a parameter as a date and time."""
        value = self.text(name)
        if not value:
            return None
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            raise MissingParameter(f"{name} is invalid") from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def day(self, name: str) -> date | None:
        """Return a parameter as a date; an empty one is None."""
        value = self.text(name)
        if not value:
            return None
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            raise Invalid({name: ["is invalid"]}) from None

    def namespace(self, *, is_group: bool, part: str = "id") -> Namespace:
        """Return the group or project in the path, by ID or full path. Raises NotFound if it is hidden."""
        return self.find_namespace(self.path_parameters[part], is_group=is_group)

    def find_namespace(self, text: str, *, is_group: bool) -> Namespace:
        """Return a group or a project by ID or full path. Raises NotFound if it is hidden."""
        found = (
            self.world.namespace_by_id(int(text), is_group=is_group)
            if text.isdigit()
            else self.world.namespace(text)
        )
        if found is None or found.is_group is not is_group or not self.can_read(found):
            raise NotFound(f"404 {'Group' if is_group else 'Project'} Not Found")
        return found

    def can_read(self, namespace: Namespace) -> bool:
        """Tell whether the current user may see *namespace*."""
        return access.is_readable(self.world, self.viewer, namespace)

    def issue(self, part: str = "iid") -> WorkItem:
        """Return the issue in the path. Raises NotFound if it is hidden."""
        return self.item(self.namespace(is_group=False), self.path_parameters[part])

    def item(self, namespace: Namespace, iid: str) -> WorkItem:
        """Return an item by its IID in *namespace*. Raises NotFound if it is hidden."""
        item = self.world.item(namespace, int(iid)) if iid.isdigit() else None
        if item is None or not access.can_read(self.world, self.viewer, item):
            raise NotFound("404 Not found")
        return item


async def parse_parameters(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the query parameters, and the query and body parameters merged. Raises ValueError for a bad body."""
    query = _parse_query(request.scope["query_string"].decode("latin-1"))
    body = await request.body()
    if not body:
        return query, query
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/"):
        raise ValueError("the sandbox does not accept files")
    if "json" in kind:
        data = json.loads(body)
        return query, {**query, **(data if isinstance(data, dict) else {})}
    return query, {**query, **_parse_query(body.decode("utf-8", "replace"))}


def _parse_query(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        if key.endswith("[]"):
            cast(list[str], found.setdefault(key[:-2], [])).append(value)
        else:
            found[key] = value
    return found


def nested_list(parameters: Mapping[str, Any], outer: str, inner: str) -> Sequence[str]:
    """Return the list ``outer[inner]``, from a query or from a JSON object."""
    value = parameters.get(f"{outer}[{inner}]")
    holder = parameters.get(outer)
    if value is None and isinstance(holder, dict):
        value = holder.get(inner)
    if value is None:
        return []
    parts = value if isinstance(value, list) else str(value).split(",")
    return [str(part).strip() for part in parts if str(part).strip()]

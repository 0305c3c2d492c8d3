"""The control of the sandbox under ``/-/sandbox/``: for tests and demonstrations that run elsewhere."""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from psbot.sandbox.faults.faults import Fault, Kind, When
from psbot.sandbox.server.gate import Gate
from psbot.sandbox.state.accounts import Edition
from psbot.sandbox.state.seed_file import add_data
from psbot.sandbox.state.snapshot import canonical

PREFIX = "/-/sandbox"
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
_SETTABLE = {one.name for one in fields(Fault)} - {"match", "applied"}

Work = Callable[[Gate, dict[str, Any]], object]


def routes(gate: Gate) -> list[BaseRoute]:
    """Return the routes."""

    def route(path: str, method: str, work: Work) -> Route:
        async def serve(request: Request) -> Response:
            refused = refusal(request)
            if refused:
                return JSONResponse({"error": refused}, 403)
            try:
                body = await request.body()
                data = json.loads(body) if body else dict(request.query_params)
                with gate.world.lock:
                    return JSONResponse(work(gate, data))
            except (ValueError, KeyError, TypeError) as error:
                return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

        return Route(PREFIX + path, serve, methods=[method])

    return [route(path, method, work) for path, method, work in _WORKS]


def refusal(request: Request) -> str | None:
    """Refuse a page of another site that a browser was led to: only this host's own names are answered."""
    host = request.headers.get("host", "").rsplit(":", 1)[0]
    if host not in _LOCAL_NAMES:
        return "this answers on the loopback interface only"
    origin = request.headers.get("origin")
    if origin and origin.split("//")[-1].rsplit(":", 1)[0] not in _LOCAL_NAMES:
        return "this does not answer other sites"
    return None


def _clock(gate: Gate, _data: dict[str, Any]) -> object:
    return {"now": gate.world.clock.now().isoformat()}


def _move_clock(gate: Gate, data: dict[str, Any]) -> object:
    if "now" in data:
        now = datetime.fromisoformat(data["now"])
        gate.world.clock.set(now if now.tzinfo else now.replace(tzinfo=UTC))
    else:
        gate.world.clock.advance(
            timedelta(days=float(data.get("days", 0)), seconds=float(data.get("seconds", 0)))
        )
    gate.world.changed()
    return _clock(gate, data)


def _fault_data(fault: Fault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in sorted([*_SETTABLE, "applied"])}


def _faults(gate: Gate, _data: dict[str, Any]) -> object:
    return [_fault_data(fault) for fault in gate.faults.rules]


def _add_fault(gate: Gate, data: dict[str, Any]) -> object:
    unknown = set(data) - _SETTABLE
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    kind, when = Kind(data["kind"]), When(data.get("when", When.BEFORE))
    return _fault_data(gate.faults.add(Fault(**{**data, "kind": kind, "when": when})))


def _clear_faults(gate: Gate, _data: dict[str, Any]) -> object:
    gate.faults.clear()
    return []


def _requests(gate: Gate, _data: dict[str, Any]) -> object:
    return {"summary": gate.log.summary(), "requests": gate.log.as_data()}


def _reset_requests(gate: Gate, _data: dict[str, Any]) -> object:
    gate.log.reset()
    return gate.log.summary()


def _state(gate: Gate, data: dict[str, Any]) -> object:
    return canonical(gate.world, with_events=str(data.get("events", "")).lower() in ("1", "true"))


def _notifications(gate: Gate, _data: dict[str, Any]) -> object:
    return [
        {
            "username": one.username,
            "reason": one.reason,
            "reference": one.reference,
            "title": one.title,
            "actor": one.actor,
            "at": one.at.isoformat(),
        }
        for one in gate.world.notifications
    ]


def _people(gate: Gate, _data: dict[str, Any]) -> object:
    """Return everybody with the token to act as them."""
    tokens = {
        token.user.username: value for value, token in gate.world.tokens.items() if "api" in token.scopes
    }
    return [
        {
            "username": user.username,
            "name": user.name,
            "kind": user.kind.value,
            "token": tokens.get(user.username),
        }
        for user in gate.world.users.values()
    ]


def _settings(gate: Gate, data: dict[str, Any]) -> object:
    world, options = gate.world, gate.options
    if "maintenance" in data:
        world.is_in_maintenance = bool(data["maintenance"])
    if "edition" in data:
        world.edition = Edition(data["edition"])
    options.latency_ms = float(data.get("latency_ms", options.latency_ms))
    options.work_ms = float(data.get("work_ms", options.work_ms))
    world.changed()
    return {
        "maintenance": world.is_in_maintenance,
        "edition": world.edition.value,
        "latency_ms": options.latency_ms,
        "work_ms": options.work_ms,
    }


def _add_data(gate: Gate, data: dict[str, Any]) -> object:
    add_data(gate.world, data)
    return _people(gate, data)


_WORKS: tuple[tuple[str, str, Work], ...] = (
    ("/clock", "GET", _clock),
    ("/clock", "POST", _move_clock),
    ("/faults", "GET", _faults),
    ("/faults", "POST", _add_fault),
    ("/faults", "DELETE", _clear_faults),
    ("/requests", "GET", _requests),
    ("/requests", "DELETE", _reset_requests),
    ("/state", "GET", _state),
    ("/notifications", "GET", _notifications),
    ("/people", "GET", _people),
    ("/settings", "GET", lambda gate, _data: _settings(gate, {})),
    ("/settings", "POST", _settings),
    ("/data", "POST", _add_data),
)

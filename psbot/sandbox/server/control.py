"""The control endpoints under ``/-/sandbox/``: clock, faults, request log and state, for tests and demos."""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.server.gate import Gate
from psbot.sandbox.state.accounts import Edition
from psbot.sandbox.state.seed_file import add_seed_data
from psbot.sandbox.state.snapshot import canonical_state

PREFIX = "/-/sandbox"
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
_FAULT_FIELDS = {one.name for one in fields(Fault)} - {"match", "applied"}

Handler = Callable[[Gate, dict[str, Any]], object]


def routes(gate: Gate) -> list[BaseRoute]:
    """Return the routes of the control endpoints."""

    def route(path: str, method: str, work: Handler) -> Route:
        async def serve(request: Request) -> Response:
            reason = refusal_reason(request)
            if reason:
                return JSONResponse({"error": reason}, 403)
            try:
                body = await request.body()
                data = json.loads(body) if body else dict(request.query_params)
                with gate.world.lock:
                    return JSONResponse(work(gate, data))
            except (ValueError, KeyError, TypeError) as error:
                return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

        return Route(PREFIX + path, serve, methods=[method])

    return [route(path, method, work) for path, method, work in _ROUTES]


def refusal_reason(request: Request) -> str | None:
    """Return why a request is refused that another site sent through a browser; None if it is not."""
    host = request.headers.get("host", "").rsplit(":", 1)[0]
    if host not in _LOCAL_NAMES:
        return "the sandbox answers on the loopback interface only"
    origin = request.headers.get("origin")
    if origin and origin.split("//")[-1].rsplit(":", 1)[0] not in _LOCAL_NAMES:
        return "the sandbox does not answer requests from other sites"
    return None


def _get_clock(gate: Gate, _data: dict[str, Any]) -> object:
    return {"now": gate.world.clock.now().isoformat()}


def _move_clock(gate: Gate, data: dict[str, Any]) -> object:
    if "now" in data:
        now = datetime.fromisoformat(data["now"])
        gate.world.clock.set(now if now.tzinfo else now.replace(tzinfo=UTC))
    else:
        gate.world.clock.advance(
            timedelta(days=float(data.get("days", 0)), seconds=float(data.get("seconds", 0)))
        )
    gate.world.invalidate()
    return _get_clock(gate, data)


def _fault_data(fault: Fault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in sorted([*_FAULT_FIELDS, "applied"])}


def _list_faults(gate: Gate, _data: dict[str, Any]) -> object:
    return [_fault_data(fault) for fault in gate.faults.rules]


def _add_fault(gate: Gate, data: dict[str, Any]) -> object:
    unknown = set(data) - _FAULT_FIELDS
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    kind, when = FaultKind(data["kind"]), FaultTiming(data.get("when", FaultTiming.BEFORE))
    return _fault_data(gate.faults.add(Fault(**{**data, "kind": kind, "when": when})))


def _clear_faults(gate: Gate, _data: dict[str, Any]) -> object:
    gate.faults.clear()
    return []


def _get_requests(gate: Gate, _data: dict[str, Any]) -> object:
    return {"summary": gate.log.summary(), "requests": gate.log.as_data()}


def _reset_request_log(gate: Gate, _data: dict[str, Any]) -> object:
    gate.log.reset()
    return gate.log.summary()


def _get_state(gate: Gate, data: dict[str, Any]) -> object:
    return canonical_state(gate.world, with_events=str(data.get("events", "")).lower() in ("1", "true"))


def _list_notifications(gate: Gate, _data: dict[str, Any]) -> object:
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


def _list_people(gate: Gate, _data: dict[str, Any]) -> object:
    """Return all users with their tokens."""
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


def _update_settings(gate: Gate, data: dict[str, Any]) -> object:
    world, options = gate.world, gate.options
    if "maintenance" in data:
        world.is_in_maintenance = bool(data["maintenance"])
    if "edition" in data:
        world.edition = Edition(data["edition"])
    options.latency_ms = float(data.get("latency_ms", options.latency_ms))
    options.work_ms = float(data.get("work_ms", options.work_ms))
    world.invalidate()
    return {
        "maintenance": world.is_in_maintenance,
        "edition": world.edition.value,
        "latency_ms": options.latency_ms,
        "work_ms": options.work_ms,
    }


def _add_data(gate: Gate, data: dict[str, Any]) -> object:
    add_seed_data(gate.world, data)
    return _list_people(gate, data)


_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("/clock", "GET", _get_clock),
    ("/clock", "POST", _move_clock),
    ("/faults", "GET", _list_faults),
    ("/faults", "POST", _add_fault),
    ("/faults", "DELETE", _clear_faults),
    ("/requests", "GET", _get_requests),
    ("/requests", "DELETE", _reset_request_log),
    ("/state", "GET", _get_state),
    ("/notifications", "GET", _list_notifications),
    ("/people", "GET", _list_people),
    ("/settings", "GET", lambda gate, _data: _update_settings(gate, {})),
    ("/settings", "POST", _update_settings),
    ("/data", "POST", _add_data),
)

"""Responses that are held back until they are sent, and how a fault changes them."""

import json
from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any

from psbot.sandbox.faults.faults import Fault, FaultKind

LOGIN_PAGE = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Sign in</form></body></html>"
)


@dataclass(slots=True)
class BufferedResponse:
    """A complete response, held back until it is sent."""

    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def receive(self, message: MutableMapping[str, Any]) -> None:
        """Store a message that the application sends."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def start_message(self) -> dict[str, Any]:
        """Return the ASGI message that starts the response."""
        return {"type": "http.response.start", "status": self.status, "headers": self.headers}


@dataclass(frozen=True, slots=True)
class CutConnection:
    """A connection that is cut: at once, or after a part of the response body."""

    response: BufferedResponse | None = None
    body: bytes = b""


def placeholder_response() -> BufferedResponse:
    """Return a response for a request that never reached the application."""
    return _response(200, b"{}", b"application/json")


def apply_fault(response: BufferedResponse, fault: Fault) -> BufferedResponse | CutConnection:
    """Return *response* as *fault* changes it."""
    match fault.kind:
        case FaultKind.STATUS:
            return _error_response(fault)
        case FaultKind.RESET:
            return CutConnection()
        case FaultKind.TRUNCATED:
            whole = (
                response if len(response.body) > 1 else _response(200, b'{"data": null}', b"application/json")
            )
            return CutConnection(_with_content_length(whole), whole.body[: len(whole.body) // 2])
        case FaultKind.TIMEOUT:
            return _timeout_response(fault)
        case FaultKind.NOT_JSON:
            return _response(200, b"<html><body>upstream says hello</body></html>", b"application/json")
        case FaultKind.LOGIN_PAGE:
            return _response(200, LOGIN_PAGE, b"text/html; charset=utf-8")
        case FaultKind.REDIRECT:
            redirect = _response(302, b"", b"text/html")
            redirect.headers.append((b"location", fault.location.encode()))
            return redirect
        case _:
            return response


def _timeout_response(fault: Fault) -> BufferedResponse:
    """Return GitLab's answer to a query that takes too long.

    A field that is over the time is null beside an error, with status 200; a cancelled SQL statement is a 503 (GitLab,
    lib/gitlab/graphql/timeout.rb and app/controllers/graphql_controller.rb of about 18.0).
    """
    answer: dict[str, object] = {"data": {"group": None}, "errors": [_TIMEOUT_ERROR]}
    if fault.status == _SERVICE_UNAVAILABLE:
        answer = {"errors": [{"message": _STATEMENT_TIMEOUT}]}
    return _response(fault.status, json.dumps(answer).encode(), b"application/json")


_SERVICE_UNAVAILABLE = 503
_TIMEOUT_ERROR = {"message": "Timeout on Query.group", "path": ["group"]}
_STATEMENT_TIMEOUT = "Request timed out. Please try a less complex query or a smaller set of records."


def _error_response(fault: Fault) -> BufferedResponse:
    bodies = {
        429: '{"message":{"error":"Too many requests. Try again later."}}',
        503: '{"message":"503 Service Unavailable"}',
    }
    body = bodies.get(fault.status, f'{{"message":"{fault.status} Internal Server Error"}}')
    answer = _response(fault.status, body.encode(), b"application/json")
    if fault.retry_after is not None:
        answer.headers.append((b"retry-after", fault.retry_after.encode()))
    return answer


def _response(status: int, body: bytes, content_type: bytes) -> BufferedResponse:
    return _with_content_length(BufferedResponse(status, [(b"content-type", content_type)], body))


def _with_content_length(response: BufferedResponse) -> BufferedResponse:
    kept = [(name, value) for name, value in response.headers if name.lower() != b"content-length"]
    return replace(response, headers=[*kept, (b"content-length", str(len(response.body)).encode())])

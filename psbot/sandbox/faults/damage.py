"""Answers, and what a fault makes of them."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any

from psbot.sandbox.faults.faults import Fault, Kind

LOGIN_PAGE = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Sign in</form></body></html>"
)


@dataclass(slots=True)
class Answer:
    """A whole answer, kept back until it is sent."""

    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def take(self, message: MutableMapping[str, Any]) -> None:
        """Take what an application sends."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def start(self) -> dict[str, Any]:
        """Return the message that begins the answer."""
        return {"type": "http.response.start", "status": self.status, "headers": self.headers}


@dataclass(frozen=True, slots=True)
class Cut:
    """A connection that ends; with an answer, after a part of its body."""

    answer: Answer | None = None
    body: bytes = b""


def made_up() -> Answer:
    """Return an answer for a request that was not carried out."""
    return _typed(200, b"{}", b"application/json")


def damaged(answer: Answer, fault: Fault) -> Answer | Cut:
    """Return what *fault* makes of *answer*."""
    match fault.kind:
        case Kind.STATUS:
            return _refused(fault)
        case Kind.RESET:
            return Cut()
        case Kind.TRUNCATED:
            whole = answer if len(answer.body) > 1 else _typed(200, b'{"data": null}', b"application/json")
            return Cut(_sized(whole), whole.body[: len(whole.body) // 2])
        case Kind.NOT_JSON:
            return _typed(200, b"<html><body>upstream says hello</body></html>", b"application/json")
        case Kind.LOGIN_PAGE:
            return _typed(200, LOGIN_PAGE, b"text/html; charset=utf-8")
        case Kind.REDIRECT:
            moved = _typed(302, b"", b"text/html")
            moved.headers.append((b"location", fault.location.encode()))
            return moved
        case _:
            return answer


def _refused(fault: Fault) -> Answer:
    words = {
        429: '{"message":{"error":"Too many requests. Try again later."}}',
        503: '{"message":"503 Service Unavailable"}',
    }
    body = words.get(fault.status, f'{{"message":"{fault.status} Internal Server Error"}}')
    answer = _typed(fault.status, body.encode(), b"application/json")
    if fault.retry_after is not None:
        answer.headers.append((b"retry-after", fault.retry_after.encode()))
    return answer


def _typed(status: int, body: bytes, content_type: bytes) -> Answer:
    return _sized(Answer(status, [(b"content-type", content_type)], body))


def _sized(answer: Answer) -> Answer:
    kept = [(name, value) for name, value in answer.headers if name.lower() != b"content-length"]
    return replace(answer, headers=[*kept, (b"content-length", str(len(answer.body)).encode())])

"""What stands between the network and the APIs: delays, faults and the request log."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from psbot.sandbox.faults.damage import Answer, Cut, damaged, made_up
from psbot.sandbox.faults.faults import Fault, Faults, Incoming, Kind, When
from psbot.sandbox.graphql_api.endpoint import operation_of
from psbot.sandbox.rules.tokens import BadToken, token_of_request
from psbot.sandbox.server.options import Options
from psbot.sandbox.server.request_log import Entry, RequestLog
from psbot.sandbox.state.world import World

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# The connections, by the client's address, so that one can be cut.
Connections = dict[tuple[str, int], asyncio.Transport]


@dataclass(slots=True)
class Gate:
    """An ASGI application around another; only API requests are counted, delayed and damaged."""

    app: App
    world: World
    options: Options
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    connections: Connections = field(default_factory=dict)
    crashes: list[Exception] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        body = await _body(receive)
        incoming = self._incoming(scope, body)
        fault = self.faults.take(incoming)
        await asyncio.sleep(self.options.latency_ms / 2000)
        answer = await self._answer(scope, incoming, fault)
        await asyncio.sleep(self.options.latency_ms / 2000)
        self._note(incoming, fault, answer)
        if isinstance(answer, Cut):
            await self._cut(scope, answer, send)
        else:
            await _send(answer, send)

    def _incoming(self, scope: Scope, body: bytes) -> Incoming:
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        operation, mutations = _operation(scope["path"], body)
        try:
            single = {key: values[0] for key, values in parse_qs(query).items()}
            token = token_of_request(self.world, headers, single)
        except BadToken:
            token = None
        return Incoming(
            number=self.log.next_number(),
            method=scope["method"],
            path=unquote(scope["path"]),
            query=query,
            operation=operation,
            mutations=mutations,
            username=token.user.username if token else "",
            body=body,
        )

    async def _answer(self, scope: Scope, incoming: Incoming, fault: Fault | None) -> "Answer | Cut":
        if fault is None:
            return await self._carried_out(scope, incoming, None)
        if fault.kind is Kind.STALL and fault.when is When.BEFORE:
            await asyncio.sleep(fault.seconds)
            return await self._carried_out(scope, incoming, None)
        if fault.when is When.BEFORE and fault.kind not in _INSIDE:
            return damaged(made_up(), fault)
        answer = await self._carried_out(scope, incoming, fault if fault.kind in _INSIDE else None)
        if fault.kind is Kind.STALL:
            await asyncio.sleep(fault.seconds)
            return answer
        return damaged(answer, fault)

    async def _carried_out(self, scope: Scope, incoming: Incoming, fault: Fault | None) -> Answer:
        scope["sandbox.fault"] = fault
        is_slow = fault is not None and fault.kind is Kind.SLOW_WORK
        seconds = fault.seconds if fault is not None and is_slow else self.options.work_ms / 1000
        scope["sandbox.work_seconds"] = seconds
        if seconds and incoming.is_write and not incoming.mutations:
            await asyncio.sleep(seconds)
        answer = Answer()
        try:
            await self.app(scope, _replayed(incoming.body), answer.take)
        except Exception as error:
            self.crashes.append(error)
        return answer

    def _note(self, incoming: Incoming, fault: Fault | None, answer: "Answer | Cut") -> None:
        self.log.entries.append(
            Entry(
                number=incoming.number,
                method=incoming.method,
                path=incoming.path,
                query=incoming.query,
                operation=incoming.operation,
                username=incoming.username,
                mutations=incoming.mutations,
                is_write=incoming.is_write,
                request_bytes=len(incoming.body),
                response_bytes=len(answer.body),
                status=answer.status if isinstance(answer, Answer) else 0,
                fault=fault.kind.value if fault else None,
            )
        )

    async def _cut(self, scope: Scope, cut: Cut, send: Send) -> None:
        """Send what the cut leaves of the answer, then end the connection without a word."""
        if cut.answer is not None:
            await send(cut.answer.start())
            await send({"type": "http.response.body", "body": cut.body, "more_body": True})
            await asyncio.sleep(0.01)
        transport = self.connections.get(tuple(scope["client"]))
        if transport is not None:
            transport.abort()
            await asyncio.sleep(0.01)


# Faults that only the API itself can show.
_INSIDE = frozenset(
    {
        Kind.PARTIAL,
        Kind.SHORT_LIST,
        Kind.EMPTY_LIST,
        Kind.NO_CONFIDENTIAL,
        Kind.PAYLOAD_ERROR,
        Kind.SLOW_WORK,
    }
)


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return b"".join(chunks)


def _replayed(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _operation(path: str, body: bytes) -> tuple[str, int]:
    """Return the names of a GraphQL request's operations and the number of its mutations."""
    if not path.endswith("/api/graphql"):
        return "", 0
    try:
        data = json.loads(body)
    except ValueError:
        return "", 0
    requests = data if isinstance(data, list) else [data]
    found = [
        operation_of(one["query"], one.get("operationName"))
        for one in requests
        if isinstance(one, dict) and isinstance(one.get("query"), str)
    ]
    return ",".join(name for name, _count in found), sum(count for _name, count in found)


async def _send(answer: Answer, send: Send) -> None:
    await send(answer.start())
    await send({"type": "http.response.body", "body": answer.body})

"""The gate in front of the APIs: it adds delays, applies faults and logs every API request."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from psbot.sandbox.faults.damage import BufferedResponse, CutConnection, apply_fault, placeholder_response
from psbot.sandbox.faults.faults import Fault, FaultKind, FaultQueue, FaultTiming, IncomingRequest
from psbot.sandbox.graphql_api.endpoint import name_and_mutation_count
from psbot.sandbox.rules.tokens import BadToken, token_of_request
from psbot.sandbox.server.options import ServerOptions
from psbot.sandbox.server.request_log import LoggedRequest, RequestLog
from psbot.sandbox.state.world import World

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# The connections by client address, so that one of them can be cut.
Connections = dict[tuple[str, int], asyncio.Transport]


@dataclass(slots=True)
class Gate:
    """ASGI middleware; it logs, delays and damages API requests only."""

    app: App
    world: World
    options: ServerOptions
    faults: FaultQueue = field(default_factory=FaultQueue)
    log: RequestLog = field(default_factory=RequestLog)
    connections: Connections = field(default_factory=dict)
    crashes: list[Exception] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        body = await _read_body(receive)
        incoming = self._describe_request(scope, body)
        fault = self.faults.take(incoming)
        await asyncio.sleep(self.options.latency_ms / 2000)
        answer = await self._respond(scope, incoming, fault)
        await asyncio.sleep(self.options.latency_ms / 2000)
        self._log_request(incoming, fault, answer)
        if isinstance(answer, CutConnection):
            await self._cut_connection(scope, answer, send)
        else:
            await _send_response(answer, send)

    def _describe_request(self, scope: Scope, body: bytes) -> IncomingRequest:
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        operation, mutations = _graphql_operations(scope["path"], body)
        try:
            single = {key: values[0] for key, values in parse_qs(query).items()}
            token = token_of_request(self.world, headers, single)
        except BadToken:
            token = None
        return IncomingRequest(
            number=self.log.next_number(),
            method=scope["method"],
            path=unquote(scope["path"]),
            query=query,
            operation=operation,
            mutations=mutations,
            username=token.user.username if token else "",
            body=body,
        )

    async def _respond(
        self, scope: Scope, incoming: IncomingRequest, fault: Fault | None
    ) -> "BufferedResponse | CutConnection":
        if fault is None:
            return await self._forward(scope, incoming, None)
        if fault.kind is FaultKind.STALL and fault.when is FaultTiming.BEFORE:
            await asyncio.sleep(fault.seconds)
            return await self._forward(scope, incoming, None)
        if fault.when is FaultTiming.BEFORE and fault.kind not in _API_FAULTS:
            return apply_fault(placeholder_response(), fault)
        answer = await self._forward(scope, incoming, fault if fault.kind in _API_FAULTS else None)
        if fault.kind is FaultKind.STALL:
            await asyncio.sleep(fault.seconds)
            return answer
        return apply_fault(answer, fault)

    async def _forward(
        self, scope: Scope, incoming: IncomingRequest, fault: Fault | None
    ) -> BufferedResponse:
        scope["sandbox.fault"] = fault
        is_slow = fault is not None and fault.kind is FaultKind.SLOW_WORK
        seconds = fault.seconds if fault is not None and is_slow else self.options.work_ms / 1000
        scope["sandbox.work_seconds"] = seconds
        if seconds and incoming.is_write and not incoming.mutations:
            await asyncio.sleep(seconds)
        answer = BufferedResponse()
        try:
            await self.app(scope, _replay_body(incoming.body), answer.receive)
        except Exception as error:
            self.crashes.append(error)
        return answer

    def _log_request(
        self, incoming: IncomingRequest, fault: Fault | None, response: "BufferedResponse | CutConnection"
    ) -> None:
        self.log.entries.append(
            LoggedRequest(
                number=incoming.number,
                method=incoming.method,
                path=incoming.path,
                query=incoming.query,
                operation=incoming.operation,
                username=incoming.username,
                mutations=incoming.mutations,
                is_write=incoming.is_write,
                request_bytes=len(incoming.body),
                response_bytes=len(response.body),
                status=response.status if isinstance(response, BufferedResponse) else 0,
                fault=fault.kind.value if fault else None,
            )
        )

    async def _cut_connection(self, scope: Scope, cut: CutConnection, send: Send) -> None:
        """Send what is left of the response, then abort the connection."""
        if cut.response is not None:
            await send(cut.response.start_message())
            await send({"type": "http.response.body", "body": cut.body, "more_body": True})
            await asyncio.sleep(0.01)
        transport = self.connections.get(tuple(scope["client"]))
        if transport is not None:
            transport.abort()
            await asyncio.sleep(0.01)


# Faults that only the API itself can produce.
_API_FAULTS = frozenset(
    {
        FaultKind.PARTIAL,
        FaultKind.SHORT_LIST,
        FaultKind.EMPTY_LIST,
        FaultKind.NO_CONFIDENTIAL,
        FaultKind.PAYLOAD_ERROR,
        FaultKind.SLOW_WORK,
    }
)


async def _read_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return b"".join(chunks)


def _replay_body(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _graphql_operations(path: str, body: bytes) -> tuple[str, int]:
    """Return the names of a GraphQL request's operations and the number of its mutations."""
    if not path.endswith("/api/graphql"):
        return "", 0
    try:
        data = json.loads(body)
    except ValueError:
        return "", 0
    requests = data if isinstance(data, list) else [data]
    found = [
        name_and_mutation_count(one["query"], one.get("operationName"))
        for one in requests
        if isinstance(one, dict) and isinstance(one.get("query"), str)
    ]
    return ",".join(name for name, _count in found), sum(count for _name, count in found)


async def _send_response(response: BufferedResponse, send: Send) -> None:
    await send(response.start_message())
    await send({"type": "http.response.body", "body": response.body})

"""Time that only waiting moves, and a transport that carries requests to the sandbox in this process.

The answers pass through the same code of requests and urllib3 as those from a network, so a cut connection, a
body that ends early or a redirect fail the way they do there.
"""

import asyncio
import io
import selectors
import threading
from collections.abc import Callable, Coroutine, Mapping, MutableMapping
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from psbot.sandbox.server.gate import Gate


class _Skipping(selectors.SelectSelector):
    """A selector that does not wait: it moves the clock on to where the waiting would have ended."""

    def __init__(self, time: "VirtualTime") -> None:
        super().__init__()
        self._time = time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("the sandbox waits for something that never comes")
        self._time.seconds += max(0.0, timeout)
        return []


class VirtualTime:
    """The clock of a sandbox and of all that talk to it; what the sandbox is still at goes on while others wait."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = threading.RLock()
        self._loop = asyncio.SelectorEventLoop(_Skipping(self))
        self._loop.time = self.now  # type: ignore[method-assign]

    def now(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        with self._lock:
            self._loop.run_until_complete(asyncio.sleep(seconds))

    def run(self, work: Coroutine[Any, Any, None], seconds: float) -> bool:
        """Do *work* for *seconds* at most; tell whether it is done. What is not done goes on later."""
        with self._lock:
            task = self._loop.create_task(work)
            self._loop.run_until_complete(asyncio.wait({task}, timeout=seconds))
            if task.done():
                task.result()
            return task.done()

    def idle(self) -> None:
        """Wait until the sandbox is at nothing any more."""
        with self._lock:
            while pending := asyncio.all_tasks(self._loop):
                self._loop.run_until_complete(asyncio.wait(pending))

    def close(self) -> None:
        self.idle()
        self._loop.close()


class _Heard:
    """What came of an answer."""

    def __init__(self) -> None:
        self.start: Mapping[str, Any] | None = None
        self.body = b""

    async def take(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


class Transport(BaseAdapter):
    """Carries requests to *gate*; ``before`` is called before each, in its turn."""

    def __init__(self, gate: Gate, time: VirtualTime, before: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._gate = gate
        self._time = time
        self._before = before
        self._adapter = HTTPAdapter()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        self._before()
        heard = _Heard()
        work = self._gate(_scope(request), _receiver(request), heard.take)
        if not self._time.run(work, float(timeout)):
            raise requests.ReadTimeout("Read timed out.", request=request)
        if heard.start is None:
            gone = ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
            raise requests.ConnectionError(gone, request=request)
        raw = HTTPResponse(
            io.BytesIO(heard.body),
            headers={key.decode(): value.decode() for key, value in heard.start["headers"]},
            status=heard.start["status"],
            preload_content=False,
            request_method=request.method,
        )
        return self._adapter.build_response(request, raw)

    def close(self) -> None:
        self._adapter.close()


def _scope(request: requests.PreparedRequest) -> dict[str, Any]:
    path, _, query = request.path_url.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(key.lower().encode("latin-1"), _bytes(value)) for key, value in request.headers.items()],
        "client": ("in-process", 0),
        "server": ("127.0.0.1", 80),
    }


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


def _receiver(request: requests.PreparedRequest) -> Callable[[], Coroutine[Any, Any, dict[str, Any]]]:
    body = request.body or b""

    async def receive() -> dict[str, Any]:
        return {
            "type": "http.request",
            "body": body.encode() if isinstance(body, str) else body,
            "more_body": False,
        }

    return receive

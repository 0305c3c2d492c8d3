"""Serves a world on a loopback port, in a background thread or in the main thread."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.routing import BaseRoute
from uvicorn.protocols.http.h11_impl import H11Protocol

from psbot.sandbox.server.app import Sandbox, create_app
from psbot.sandbox.server.gate import Gate
from psbot.sandbox.server.options import ServerOptions
from psbot.sandbox.state.world import World

HOST = "127.0.0.1"
_KEEP_ALIVE_SECONDS = 75  # as the web server in front of GitLab
_START_SECONDS = 30.0
_POLLS_PER_SECOND = 100


def _protocol(gate: Gate) -> type[asyncio.Protocol]:
    """Return a protocol that sends small packets at once and lets the gate cut a connection."""

    class Protocol(H11Protocol):
        """A connection that *gate* knows."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """Remember the connection."""
            super().connection_made(transport)
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            gate.connections[tuple(transport.get_extra_info("peername")[:2])] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            """Forget the connection."""
            for peer in [key for key, known in gate.connections.items() if known is self.transport]:
                del gate.connections[peer]
            super().connection_lost(exc)

    return Protocol


def listening_socket(port: int = 0) -> socket.socket:
    """Return a socket that listens on the loopback interface; port 0 picks a free port."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((HOST, port))
    bound.listen(128)
    return bound


def bind_world(world: World, port: int = 0) -> socket.socket:
    """Return a listening socket and set its address as the world's URL."""
    bound = listening_socket(port)
    world.url = f"http://{HOST}:{bound.getsockname()[1]}"
    return bound


def serve(
    world: World, bound: socket.socket, options: ServerOptions, pages: Sequence[BaseRoute] = ()
) -> None:
    """Serve *world* in this thread until the process is stopped."""
    create_server(create_app(world, options, pages)).run(sockets=[bound])


class _Server(uvicorn.Server):
    """A server that stops as soon as its connections are closed, without uvicorn's pauses of 0.1 seconds."""

    async def main_loop(self) -> None:
        """Serve until the server is told to stop."""
        polls = 0
        while not await self.on_tick(polls % _POLLS_PER_SECOND):  # 0 once a second, to update the Date header
            polls += 1
            await asyncio.sleep(1 / _POLLS_PER_SECOND)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait up to a second for running requests."""
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(_POLLS_PER_SECOND):
            if not self.server_state.connections and not self.server_state.tasks:
                break
            await asyncio.sleep(1 / _POLLS_PER_SECOND)
        for task in self.server_state.tasks:
            task.cancel()


def create_server(gate: Gate) -> uvicorn.Server:
    """Return the server for *gate*; it writes no access log."""
    return _Server(
        uvicorn.Config(
            gate,
            http=_protocol(gate),
            loop="asyncio",
            lifespan="off",
            ws="none",
            access_log=False,
            log_level="critical",
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            server_header=False,
        )
    )


@contextmanager
def running_sandbox(
    world: World, *, port: int = 0, pages: Sequence[BaseRoute] = (), **options: float
) -> Iterator[Sandbox]:
    """Serve *world* in a thread and yield its Sandbox; *options* are those of Options (``latency_ms`` …)."""
    gate = create_app(world, ServerOptions(**options), pages)
    bound = bind_world(world, port)
    serving = create_server(gate)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [bound]}, name="sandbox", daemon=True)
    thread.start()
    try:
        _wait_until_started(serving, thread)
        yield Sandbox(world, gate)
    finally:
        serving.should_exit = True
        thread.join(_START_SECONDS)
        bound.close()
    if gate.crashes:
        raise gate.crashes[0]


def _wait_until_started(serving: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    while not serving.started:
        if not thread.is_alive():
            raise RuntimeError("the sandbox did not start")
        pause.wait(0.005)

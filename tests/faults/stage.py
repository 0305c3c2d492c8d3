"""The product on a sandbox in this process: a world that can be kept and put back, and runs on it."""

import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from psbot import stalerun
from psbot.apply import Tools
from psbot.core.engagement import Engagement
from psbot.core.process import Process
from psbot.engagement import parse_engagement
from psbot.forge.connection import Connection, Server
from psbot.forge.patience import Patience
from psbot.forge.ports import ForgeReader, ForgeWriter
from psbot.forge.reader import GitLabReader
from psbot.forge.writer import GitLabWriter
from psbot.people import check_machine
from psbot.process import load_process
from psbot.reconcile import Reconciled, Work, reconcile
from psbot.sandbox.application import application
from psbot.sandbox.gate import Gate
from psbot.sandbox.ready import token_of
from psbot.sandbox.world import World
from psbot.templates import Templates
from tests.faults.virtual import Transport, VirtualTime

ROOT = Path(__file__).parents[2]
TIMEOUT = 30.0

Adapters = Callable[[Connection], tuple[ForgeReader, ForgeWriter]]


@cache
def process() -> Process:
    return load_process(ROOT / "config")


@cache
def words() -> Templates:
    return Templates(ROOT / "issue_templates")


def engagement_of(text: str) -> Engagement:
    parsed = parse_engagement("engagement.yml", text, process()).engagement
    assert parsed is not None
    return parsed


def kept(world: World) -> bytes:
    """Return the world as bytes; whoever asks must know that nobody is at it."""
    world.cache.clear()
    lock, world.lock = world.lock, None  # type: ignore[assignment]  # locks cannot be kept
    try:
        return pickle.dumps(world)
    finally:
        world.lock = lock


def put_back(data: bytes) -> World:
    world: World = pickle.loads(data)
    world.lock = threading.RLock()
    return world


def real(connection: Connection) -> tuple[ForgeReader, ForgeWriter]:
    """Return the product's own adapters."""
    return GitLabReader(connection), GitLabWriter(connection)


@dataclass
class Stage:
    """A world behind a gate, on a clock of its own."""

    world: World
    gate: Gate
    time: VirtualTime = field(default_factory=VirtualTime)
    adapters: Adapters = real

    def run(
        self,
        engagement: Engagement,
        now: datetime,
        *,
        account: str = "psbot-bot",
        connections: int = 1,
        timeout: float = TIMEOUT,
        before: Callable[[], None] = lambda: None,
        command: str = "apply",
        limits: stalerun.Limits | None = None,
    ) -> Reconciled:
        """Run *command* on *engagement* once; *before* is called before every request and every wait."""

        def wait(seconds: float) -> None:
            before()
            self.time.wait(seconds)

        manners = replace(process().limits, connections=connections)
        patience = Patience(manners.rate_limit_seconds, wait)
        server = Server(self.world.url, token_of(account), connections=connections, timeout=timeout)
        connection = Connection(server, patience)
        for client in connection._clients.queue:
            client.gitlab.session.mount("http://", Transport(self.gate, self.time, before))
        reader, writer = self.adapters(connection)
        tools = Tools(reader, writer, manners, self.time.now)
        try:
            work = Work(tools, process(), words(), now, patience)
            if command == "stale":
                bounds = limits or stalerun.Limits()
                return _looked_for_stale(engagement, work, bounds, lambda: connection.requests)
            return reconcile(engagement, work)
        finally:
            connection.close()

    @property
    def writes(self) -> int:
        return sum(entry.is_write for entry in self.gate.log.entries)


def _looked_for_stale(
    engagement: Engagement, work: Work, limits: stalerun.Limits, spent: Callable[[], int]
) -> Reconciled:
    work = replace(work, check_author=check_machine)
    (result,) = stalerun.run([engagement], work, limits, spent)
    if result.ended is None:
        assert result.error is not None
        raise result.error
    return result.ended.reconciled


@contextmanager
def staged(world: World, adapters: Adapters = real) -> Iterator[Stage]:
    """Yield *world* on a stage; an error inside the sandbox is an error."""
    stage = Stage(world, application(world), adapters=adapters)
    try:
        yield stage
    finally:
        stage.time.close()
    if stage.gate.crashes:
        raise stage.gate.crashes[0]

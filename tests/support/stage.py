"""The product on a sandbox in this process: a world that can be kept and put back, and runs on it."""

import hashlib
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, partial

from psbot.apply.apply import WriteTools
from psbot.apply.preflight import check_machine
from psbot.config.loader import load_process
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.core.plan.plan import Plan
from psbot.core.workflow.sign_off import SignOffEntry
from psbot.engagements.loader import parse_engagement
from psbot.errors import PsbotError
from psbot.gitlab.connection import Connection
from psbot.gitlab.ports import Reader, Writer
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import WaitBudget
from psbot.gitlab.writer import GitLabWriter
from psbot.runs.change_requests import plan_change_request
from psbot.runs.portfolio import advance_many, reconcile_many, write_many
from psbot.runs.sign_off import plan_sign_off
from psbot.runs.stale import run
from psbot.runs.work import Reconciled, RunContext
from psbot.sandbox.server.app import create_app
from psbot.sandbox.server.gate import Gate
from psbot.sandbox.state.answers import AnswerCache
from psbot.sandbox.state.seed import token_of
from psbot.sandbox.state.world import World
from psbot.templates.library import TemplateLibrary
from tests.support.paths import ROOT
from tests.support.transport import Transport, VirtualTime

TIMEOUT = 30.0

Adapters = Callable[[Connection], tuple[Reader, Writer]]
Command = Callable[
    [Iterable[Engagement], RunContext, Callable[[Plan], None]],
    Iterator[tuple[Engagement, Reconciled | PsbotError]],
]


def _look_for_stale(
    engagements: Iterable[Engagement], work: RunContext, _approve: Callable[[Plan], None]
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    work = replace(work, check_author=check_machine)
    for result in run.run_stale(list(engagements), work, run.StaleRunLimits(), lambda: 0):
        ended = result.outcome.reconciled if result.outcome else result.error
        assert ended is not None
        yield result.engagement, ended


# What is asked for on the command line, behind the file; what two people ask for differs.
OPTIONS = {
    "change-request": ("--summary", "A second site", "--hours", "40", "--timeline", "four weeks"),
    "sign-off": ("--sent", "2026-12-10", "--proof", "https://docs.example/42"),
}
_ASKED = {
    "summary": "A second site",
    "hours": "40",
    "new_end": "none",
    "contract": "none",
    "situation": "none",
}
_ASKED |= {"timeline": "four weeks"}
_SENT = SignOffEntry(sent=date(2026, 12, 10), proof="https://docs.example/42")

COMMANDS: dict[str, Command] = {
    "apply": reconcile_many,
    "advance": advance_many,
    "stale": _look_for_stale,
    "change-request": partial(write_many, planner=plan_change_request(_ASKED)),
    "another change-request": partial(
        write_many, planner=plan_change_request(_ASKED | {"summary": "More users"})
    ),
    "sign-off": partial(write_many, planner=plan_sign_off(_SENT)),
}


@cache
def process() -> Process:
    return load_process(ROOT / "config")


@cache
def words() -> TemplateLibrary:
    return TemplateLibrary(ROOT / "issue_templates")


def engagement_of(text: str) -> Engagement:
    parsed = parse_engagement("engagement.yml", text, process()).engagement
    assert parsed is not None
    return parsed


def kept(world: World) -> bytes:
    """Return the world as bytes; whoever asks must know that nobody is at it."""
    return pickle.dumps(world)


def put_back(data: bytes) -> World:
    """Return the world that was kept; all that are put back from the same bytes share their answers to reads."""
    world: World = pickle.loads(data)
    world.state = hashlib.sha256(data).hexdigest()
    world.answers = _ANSWERS
    return world


_ANSWERS = AnswerCache(2000)


def real(connection: Connection) -> tuple[Reader, Writer]:
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
        command: str = "apply",
        *,
        account: str = "psbot-bot",
        connections: int = 1,
        timeout: float = TIMEOUT,
        before: Callable[[], None] = lambda: None,
    ) -> Reconciled:
        """Run *command* on *engagement* once; *before* is called before every request and every wait.

        Raises PsbotError for what was found before anything was written.
        """

        def wait(seconds: float) -> None:
            before()
            self.time.wait(seconds)

        limits = replace(process().limits, connections=connections)
        patience = WaitBudget(limits.rate_limit_seconds, wait)
        server = Server(self.world.url, token_of(account), connections=connections, timeout=timeout)
        connection = Connection(server, patience)
        for client in connection._clients.queue:
            client.gitlab.session.mount("http://", Transport(self.gate, self.time, before))
            client.gitlab.session.trust_env = False  # no proxy stands between the two
        reader, writer = self.adapters(connection)
        tools = WriteTools(reader, writer, limits, self.time.now)
        work = RunContext(tools, process(), words(), now, patience)
        try:
            ((_, ended),) = COMMANDS[command]([engagement], work, lambda _: None)
        finally:
            connection.close()
        if isinstance(ended, PsbotError):
            raise ended
        return ended

    @property
    def writes(self) -> int:
        return sum(entry.is_write for entry in self.gate.log.entries)


@contextmanager
def staged(world: World, adapters: Adapters = real) -> Iterator[Stage]:
    """Yield *world* on a stage; an error inside the sandbox is an error."""
    stage = Stage(world, create_app(world), adapters=adapters)
    try:
        yield stage
    finally:
        stage.time.close()
    if stage.gate.crashes:
        raise stage.gate.crashes[0]

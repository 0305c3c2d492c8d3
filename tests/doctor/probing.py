"""A probe of a sandbox in this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache

from psbot.doctor.probe.expectation import Outcome
from psbot.doctor.probe.items import Sample
from psbot.doctor.probe.run import ProbeReport, prepare, run_probe
from psbot.doctor.probe.samples import samples_of
from psbot.doctor.probe.script import ProbeTools
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.rest import Rest
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import WaitBudget
from psbot.gitlab.writer import GitLabWriter
from psbot.sandbox.server.app import create_app
from psbot.sandbox.server.gate import Gate
from psbot.sandbox.state.accounts import AccessLevel, Edition
from psbot.sandbox.state.seed import GROUP, sandbox_world, token_of
from psbot.sandbox.state.world import World
from tests.support.paths import ROOT
from tests.support.stage import engagement_of, process, words
from tests.support.transport import Transport, VirtualTime

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def scratch_world(edition: Edition = Edition.ULTIMATE, role: AccessLevel = AccessLevel.OWNER) -> World:
    """Return a world with the account that GitLab has for what deleted accounts wrote; the bot has *role*."""
    world = sandbox_world(edition=edition)
    world.add_user("ghost", "Ghost User")
    world.add_member(world.namespaces["acme"], world.users["psbot-bot"], role)
    return world


@cache
def samples() -> tuple[Sample, ...]:
    engagement = engagement_of((ROOT / "examples" / "acme-aws.yml").read_text(encoding="utf-8"))
    return samples_of(engagement, process(), words())


@contextmanager
def tools_for(
    world: World,
    gate: Gate | None = None,
    stop: Callable[[], bool] = lambda: False,
    told: list[str] | None = None,
) -> Iterator[ProbeTools]:
    time = VirtualTime()

    def wait(seconds: float) -> None:
        time.wait(seconds)
        world.clock.advance(timedelta(seconds=seconds))

    connection = Connection(Server(world.url, token_of("psbot-bot"), connections=1), WaitBudget(60, wait))
    for client in connection._clients.queue:
        client.gitlab.session.mount("http://", Transport(gate or create_app(world), time, lambda: None))
        client.gitlab.session.trust_env = False
    try:
        reader, writer = GitLabReader(connection), GitLabWriter(connection)
        tell = (told if told is not None else []).append
        yield ProbeTools(reader, writer, Rest(connection), connection, wait, stop, tell)
    finally:
        connection.close()
        time.close()


def probed(world: World, group: str = GROUP) -> ProbeReport:
    with tools_for(world) as tools:
        return run_probe(tools, prepare(tools, group, NOW), samples())


def not_met(report: ProbeReport) -> list[str]:
    return [each.expectation.name for each in report.results if each.outcome is Outcome.NOT_MET]

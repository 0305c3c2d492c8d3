"""psbot's adapter, planner and reconciler against the sandbox, over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from psbot.apply.apply import WriteTools
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Limits, Process
from psbot.engagements.loader import load_portfolio
from psbot.errors import ExitCode, PsbotError
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import WaitBudget
from psbot.gitlab.writer import GitLabWriter
from psbot.runs.reconcile import reconcile
from psbot.runs.work import Reconciled, RunContext
from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import sandbox_world, token_of
from psbot.sandbox.state.snapshot import canonical_state
from psbot.templates.library import TemplateLibrary
from tests.sandbox.client import Client
from tests.support.paths import ROOT

WORDS = TemplateLibrary(ROOT / "issue_templates")
NOW = datetime.fromisoformat("2026-11-23T09:00+01:00")


@pytest.fixture(scope="module")
def engagement(process: Process) -> Engagement:
    (loaded,) = load_portfolio([ROOT / "examples" / "acme-aws.yml"], process)
    assert loaded.engagement is not None, loaded
    return loaded.engagement


@dataclass
class Product:
    """The product with a clock that only waiting moves."""

    sandbox: Sandbox
    process: Process
    engagement: Engagement
    seconds: float = 0.0

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def run(self) -> Reconciled:
        limits = Limits()
        patience = WaitBudget(limits.rate_limit_seconds, self.wait)
        server = Server(self.sandbox.url, token_of("psbot-bot"), connections=1, timeout=5)
        connection = Connection(server, patience)
        tools = WriteTools(GitLabReader(connection), GitLabWriter(connection), limits, lambda: self.seconds)
        try:
            return reconcile(self.engagement, RunContext(tools, self.process, WORDS, NOW, patience))
        finally:
            connection.close()


@contextmanager
def product(process: Process, engagement: Engagement) -> Iterator[Product]:
    with running_sandbox(sandbox_world()) as sandbox:
        yield Product(sandbox, process, engagement)


@pytest.fixture(scope="module")
def undisturbed(process: Process, engagement: Engagement) -> tuple[dict[str, Any], int]:
    """The state after one run that nothing disturbs, and how many requests it took."""
    with product(process, engagement) as whole:
        assert whole.run().exit_code is ExitCode.DONE
        return canonical_state(whole.sandbox.world), whole.sandbox.gate.log.received


def test_engagement_is_created_and_a_second_run_writes_nothing(
    process: Process, engagement: Engagement
) -> None:
    with product(process, engagement) as made:
        first = made.run()
        assert first.exit_code is ExitCode.DONE, first
        before, told = canonical_state(made.sandbox.world), len(made.sandbox.world.notifications)
        made.sandbox.gate.log.reset()
        second = made.run()
        assert second.plan.is_empty
        assert made.sandbox.gate.log.summary()["writes"] == 0
        assert (canonical_state(made.sandbox.world), len(made.sandbox.world.notifications)) == (before, told)


def test_customer_sees_the_epic_and_shared_items_only(process: Process, engagement: Engagement) -> None:
    with product(process, engagement) as made:
        made.run()
        query = """{ group(fullPath: "acme") { workItems(includeDescendants: true) {
          nodes { namespace { fullPath } description } } } }"""
        seen = Client(made.sandbox, "ada").execute(query)["group"]["workItems"]["nodes"]
        assert {one["namespace"]["fullPath"] for one in seen} == {"acme/delivery", "acme/delivery/project"}
        assert not any("160" in one["description"] for one in seen)


# tests/resilience plays every fault in process; these are the ones that only a real connection can show.
FAULTS = {
    "reset before": Fault(FaultKind.RESET, FaultTiming.BEFORE),
    "reset after": Fault(FaultKind.RESET, FaultTiming.AFTER),
    "truncated after": Fault(FaultKind.TRUNCATED, FaultTiming.AFTER),
    "429": Fault(FaultKind.STATUS, FaultTiming.BEFORE, status=429, retry_after="7"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_runs_end_in_the_undisturbed_state_when_any_request_fails(
    process: Process, engagement: Engagement, undisturbed: tuple[dict[str, Any], int], name: str
) -> None:
    expected, requests = undisturbed
    pattern = FAULTS[name]
    for number in range(1, requests + 1):
        with product(process, engagement) as disturbed:
            fault = Fault(
                pattern.kind,
                pattern.when,
                number=number,
                status=pattern.status,
                retry_after=pattern.retry_after,
            )
            disturbed.sandbox.gate.faults.add(fault)
            for _ in range(2):
                try:
                    disturbed.run()
                except PsbotError:
                    continue
            disturbed.sandbox.gate.log.reset()
            last = disturbed.run()
            assert last.plan.is_empty, (number, last.plan)
            assert disturbed.sandbox.gate.log.summary()["writes"] == 0
            assert canonical_state(disturbed.sandbox.world) == expected, number

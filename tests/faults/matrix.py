"""One case of the fault matrix: a run with a fault, undisturbed runs after it, and what must then hold."""

from psbot.errors import PsbotError
from psbot.reconcile import Reconciled
from tests.faults.checks import UNDISTURBED_RUNS, check_once, check_quiet, differing, dumped, require
from tests.faults.histories import History
from tests.faults.patterns import Case
from tests.faults.stage import Adapters, Stage, real, staged


def disturbed(
    stage: Stage, history: History, timeout: float, connections: int = 1
) -> Reconciled | PsbotError:
    """Return how a run under a fault ended; anything but an end with a sentence is raised."""
    try:
        return stage.run(
            history.engagement,
            history.now,
            timeout=timeout,
            connections=connections,
            command=history.command,
        )
    except PsbotError as error:
        return error


def settle(stage: Stage, history: History) -> None:
    """Run undisturbed, the server idle, until a run writes nothing: the second at the latest."""
    stage.gate.faults.clear()
    stage.time.idle()
    for _ in range(UNDISTURBED_RUNS):
        stage.gate.log.reset()
        ended = stage.run(history.engagement, history.now, command=history.command)
        require(ended.error is None, f"an undisturbed run ended with {ended.error}")
        if not stage.writes:
            require(ended.plan.is_empty, f"nothing was written, but planned: {ended.plan.operations}")
            return
    require(False, f"run {UNDISTURBED_RUNS} still wrote")


def check_state(stage: Stage, history: History) -> None:
    check_once(stage.world)
    check_quiet(stage.world, history.mentions)
    found = dumped(stage.world)
    require(found == history.expected, f"the state differs:\n{differing(found, history.expected)}")


def play(history: History, case: Case, adapters: Adapters = real) -> None:
    """Play one case; Violation says which promise was broken."""
    with staged(history.world(), adapters) as stage:
        fault = stage.gate.faults.add(case.fault())
        disturbed(stage, history, case.timeout)
        require(fault.applied == 1, "the request never came, so the case was not played")
        settle(stage, history)
        check_state(stage, history)

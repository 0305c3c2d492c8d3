"""One case of the fault matrix: a run with a fault, undisturbed runs after it, and what must then hold."""

from psbot.errors import PsbotError
from psbot.runs.work import Reconciled
from psbot.sandbox.faults.faults import FaultKind
from tests.resilience.checks import (
    UNDISTURBED_RUNS,
    check_once,
    check_quiet,
    check_told_once,
    differing,
    dumped,
    lasting,
    require,
)
from tests.resilience.histories import History
from tests.resilience.patterns import Case
from tests.support.stage import Adapters, Stage, real, staged


def disturbed(
    stage: Stage, history: History, timeout: float, connections: int = 1
) -> Reconciled | PsbotError:
    """Return how a run under a fault ended; anything but an end with a sentence is raised."""
    try:
        return stage.run(
            history.engagement, history.now, history.command, timeout=timeout, connections=connections
        )
    except PsbotError as error:
        return error


def settle(stage: Stage, history: History) -> None:
    """Run undisturbed, the server idle, until a run writes nothing: the second at the latest."""
    stage.gate.faults.clear()
    stage.time.idle()
    for _ in range(UNDISTURBED_RUNS):
        stage.gate.log.reset()
        ended = stage.run(history.engagement, history.now, history.command)
        require(ended.error is None, f"an undisturbed run ended with {ended.error}")
        if not stage.writes:
            require(ended.plan.is_empty, f"nothing was written, but planned: {ended.plan.operations}")
            return
    require(False, f"run {UNDISTURBED_RUNS} still wrote")


def check_state(stage: Stage, history: History, *, in_steps: bool = False) -> None:
    """Require the state of an undisturbed history; where it was reached *in_steps*, without what tells of them."""
    check_once(stage.world)
    check_quiet(stage.world, history.mentions)
    check_told_once(stage.world)
    found, expected = dumped(stage.world), history.expected
    if in_steps:
        found, expected = lasting(found), lasting(expected)
    require(found == expected, f"the state differs:\n{differing(found, expected)}")


def play(history: History, case: Case, adapters: Adapters = real) -> None:
    """Play one case; Violation says which promise was broken."""
    with staged(history.world(), adapters) as stage:
        fault = stage.gate.faults.add(case.fault())
        disturbed(stage, history, case.timeout)
        require(fault.applied == 1, "the request never came, so the case was not played")
        settle(stage, history)
        check_state(stage, history, in_steps=_is_seen_in_part(history, case))


def _is_seen_in_part(history: History, case: Case) -> bool:
    """Tell whether a run could not check who had acted, and moved the engagement on in two steps for that."""
    is_hiding = case.kind in (FaultKind.SHORT_LIST, FaultKind.EMPTY_LIST, FaultKind.NO_CONFIDENTIAL)
    return is_hiding and history.requests[case.number - 1].operation == "Histories"

"""What of a plan is done first."""

from psbot.core.model.finding import Finding, Severity
from psbot.core.model.operations import Close, Operation, PostNotice
from psbot.core.notices.notice import plan_notices
from psbot.core.plan.sequence import next_operations
from tests.core.workflow.engagements import delivering
from tests.support.board import CUSTOMER, PROCESS, Desk


def turns(operations: tuple[Operation, ...]) -> list[set[str]]:
    """Return the turns in which *operations* are done, each as what it is about."""
    found = []
    while operations:
        now = next_operations(operations, PROCESS)
        found.append({"notice" if isinstance(each, PostNotice) else each.item.key for each in now})  # type: ignore[union-attr]
        operations = tuple(each for each in operations if each not in now)
    return found


def ending() -> Desk:
    """Return an engagement of which all is done but what psbot makes of it, and a notice to tell."""
    desk = delivering()
    desk.on("2027-03-12")
    for key in ("project-summary", "sign-off", "financial-wrap-up", "post-mortem"):
        desk.label("maria", key, "state", "done")
    desk.label("maria", "sign-off", "signoff", "received")
    return desk


def test_end_of_an_engagement_comes_after_all_else() -> None:
    desk = ending()
    told = plan_notices(desk.item("log"), [Finding("x", Severity.INFO, "told")], [])
    done, notice, end = turns((*desk.plan().operations, *told))
    assert {"project-summary", "post-mortem"} <= done
    assert (notice, end) == ({"notice"}, {"log", "epic"})
    *_, last = next_operations([each for each in desk.plan().operations if "overview" in str(each)], PROCESS)
    assert isinstance(last, Close), "what says that it has ended comes before the end"
    assert last.item.is_epic


def test_cancelling_comes_after_all_else_too() -> None:
    desk = delivering()
    desk.label("maria", "project-summary", "state", "done")
    desk.label("maria", "epic", "phase", "cancelled")
    *_, end = turns(desk.plan().operations)
    assert end == {"log", "epic"}


def test_phase_that_is_no_end_goes_with_the_rest_and_notices_by_themselves() -> None:
    desk = delivering()
    desk.label("paul", "epic", "phase", "wrap-up")
    desk.label(CUSTOMER, "project-summary", "state", "done")
    done, notice = turns(desk.plan().operations)
    assert {"epic", "log", "sign-off"} <= done
    assert notice == {"notice"}

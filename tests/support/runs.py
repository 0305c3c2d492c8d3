"""Runs on a GitLab in memory: the context of a run, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from psbot.apply.apply import WriteTools
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Limits
from psbot.core.model.work_item import WorkItem
from psbot.core.plan.plan import Plan
from psbot.gitlab.wait_budget import WaitBudget
from psbot.observe.observation import Observation
from psbot.observe.observe import observe
from psbot.runs.plans import PlanInput, Planned, plan_apply
from psbot.runs.reconcile import reconcile
from psbot.runs.work import Reconciled, RunContext
from tests.support.builders import NOW, PROCESS, WORDS, engagement
from tests.support.fakes import FakeGitLab

ENGAGEMENT = engagement()
EVERYTHING = ["epic", "intake-aws", "kick-off", "log"]


@dataclass
class Watch:
    """A clock that only waiting moves."""

    seconds: float = 0.0

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


def run_context(
    gitlab: FakeGitLab, watch: Watch | None = None, stop: Callable[[], bool] = lambda: False
) -> RunContext:
    watch = watch or Watch()
    limits = Limits()
    tools = WriteTools(gitlab, gitlab, limits, lambda: watch.seconds, stop)
    return RunContext(tools, PROCESS, WORDS, NOW, WaitBudget(limits.rate_limit_seconds, watch.wait))


def run(gitlab: FakeGitLab, each: Engagement = ENGAGEMENT, watch: Watch | None = None) -> Reconciled:
    return reconcile(each, run_context(gitlab, watch))


def open_keys(gitlab: FakeGitLab) -> list[str]:
    marks = [(each.marker, each.is_open) for each in gitlab._all()]
    return sorted(mark.item for mark, is_open in marks if mark and is_open)


def one(gitlab: FakeGitLab, key: str) -> WorkItem:
    (found,) = gitlab.by_key(key)
    return found


def planned_before(gitlab: FakeGitLab, each: Engagement, looked: Observation) -> Planned:
    """Return the plan of what was seen before, as a run has it that others have overtaken."""
    return plan_apply(PlanInput(gitlab, each, looked, PROCESS, WORDS, NOW))


def plan_of(gitlab: FakeGitLab, each: Engagement = ENGAGEMENT) -> Plan:
    return plan_apply(PlanInput(gitlab, each, observe(gitlab, each, PROCESS), PROCESS, WORDS, NOW))[0]


def in_one_line(gitlab: FakeGitLab) -> RunContext:
    """Return work that sends one request after the other: labels, the epic, the children."""
    whole = run_context(gitlab)
    return replace(whole, tools=replace(whole.tools, limits=Limits(connections=1)))

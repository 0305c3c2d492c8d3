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
    forge: FakeGitLab, watch: Watch | None = None, stop: Callable[[], bool] = lambda: False
) -> RunContext:
    watch = watch or Watch()
    limits = Limits()
    tools = WriteTools(forge, forge, limits, lambda: watch.seconds, stop)
    return RunContext(tools, PROCESS, WORDS, NOW, WaitBudget(limits.rate_limit_seconds, watch.wait))


def run(forge: FakeGitLab, each: Engagement = ENGAGEMENT, watch: Watch | None = None) -> Reconciled:
    return reconcile(each, run_context(forge, watch))


def open_keys(forge: FakeGitLab) -> list[str]:
    marks = [(each.marker, each.is_open) for each in forge._all()]
    return sorted(mark.item for mark, is_open in marks if mark and is_open)


def one(forge: FakeGitLab, key: str) -> WorkItem:
    (found,) = forge.by_key(key)
    return found


def planned_before(forge: FakeGitLab, each: Engagement, looked: Observation) -> Planned:
    """Return the plan of what was seen before, as a run has it that others have overtaken."""
    return plan_apply(PlanInput(forge, each, looked, PROCESS, WORDS, NOW))


def plan_of(forge: FakeGitLab, each: Engagement = ENGAGEMENT) -> Plan:
    return plan_apply(PlanInput(forge, each, observe(forge, each, PROCESS), PROCESS, WORDS, NOW))[0]


def in_one_line(forge: FakeGitLab) -> RunContext:
    """Return work that sends one request after the other: labels, the epic, the children."""
    whole = run_context(forge)
    return replace(whole, tools=replace(whole.tools, limits=Limits(connections=1)))

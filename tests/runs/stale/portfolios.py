"""A portfolio with stale items, on a GitLab in memory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from psbot.apply.apply import WriteTools
from psbot.apply.preflight import check_machine
from psbot.config.loader import load_process
from psbot.core.model.engagement import Engagement, GitLabPaths
from psbot.core.model.process import Limits, Process
from psbot.core.model.work_item import WorkItem
from psbot.errors import ExitCode
from psbot.gitlab.wait_budget import WaitBudget
from psbot.report.stale import StaleRow
from psbot.runs.reconcile import reconcile
from psbot.runs.stale.run import StaleRunLimits as RunLimits
from psbot.runs.stale.run import run_stale
from psbot.runs.work import RunContext
from psbot.templates.library import TemplateLibrary
from tests.config.test_loader import CONFIG
from tests.support.builders import NOW, engagement
from tests.support.fakes import FakeGitLab

SHIPPED: Process = load_process(CONFIG)


WORDS = TemplateLibrary(CONFIG.parent / "issue_templates")


STALE = "ps-attention::stale"


WEEK = timedelta(days=7)


@dataclass
class Portfolio:
    """Some engagements in a GitLab in memory, on a clock that only waiting moves."""

    count: int
    gitlab: FakeGitLab = field(default_factory=FakeGitLab)
    policies: tuple[str, ...] = ("idle",)
    patience: float = 120
    seconds: float = 0

    places: GitLabPaths = engagement().gitlab

    def __post_init__(self) -> None:
        self.engagements = [
            engagement(f"acme-{number:02}", sow=f"SOW-{number:02}", gitlab=self.places)
            for number in range(self.count)
        ]
        for each in self.engagements:
            assert reconcile(each, self.work()).exit_code is ExitCode.DONE
        self.gitlab.requests.clear()
        self.gitlab.writes.clear()

    @property
    def process(self) -> Process:
        staleness = SHIPPED.staleness
        left = {name: staleness.policies[name] for name in self.policies}
        return replace(SHIPPED, staleness=replace(staleness, policies=left))

    def work(self, stop: Callable[[], bool] = lambda: False) -> RunContext:
        tools = WriteTools(self.gitlab, self.gitlab, Limits(), lambda: self.seconds, stop)
        patience = WaitBudget(self.patience, self.wait)
        return RunContext(tools, self.process, WORDS, self.gitlab.now, patience, check_author=check_machine)

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def at(self, now: datetime) -> None:
        self.gitlab.now = now

    def run(
        self, limits: RunLimits | None = None, which: Iterable[Engagement] | None = None
    ) -> dict[str, StaleRow]:
        self.gitlab.requests.clear()
        self.gitlab.writes.clear()
        asked = list(self.engagements if which is None else which)
        results = run_stale(asked, self.work(), limits or RunLimits(), lambda: len(self.gitlab.requests))
        return {each.engagement.key: StaleRow.of("x.yml", each) for each in results}

    def again(self) -> None:
        """Run again: nothing may be written."""
        self.run()
        assert self.gitlab.writes == []

    def flagged(self) -> set[str]:
        return {
            each.marker.engagement
            for each in self.gitlab._all()
            if each.marker and each.marker.item != "log" and STALE in each.labels
        }

    def digests(self) -> list[str]:
        return [
            note.body
            for item in self.gitlab.items.values()
            for note in item.comments
            if "psbot told" in note.body
        ]

    def log(self, key: str) -> WorkItem:
        (found,) = (
            each
            for each in self.gitlab.by_key("log")
            if each.marker is not None and each.marker.engagement == key
        )
        return found


def ready(count: int, **fields: object) -> Portfolio:
    """Return engagements on which nobody has acted for a week."""
    portfolio = Portfolio(count, **fields)  # type: ignore[arg-type]
    portfolio.at(NOW + WEEK)
    return portfolio


def keys(portfolio: Portfolio) -> set[str]:
    return {each.key for each in portfolio.engagements}

"""psbot stale over many engagements: what is read and written, limits, shards, and what has to wait."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from psbot.apply.apply import WriteTools
from psbot.apply.preflight import check_machine
from psbot.config.loader import load_process
from psbot.core.model.engagement import Engagement, GitLabPaths
from psbot.core.model.process import Limits, Process
from psbot.core.model.work_item import WorkItem
from psbot.errors import ExitCode
from psbot.gitlab.ports import RateLimited, Unclear
from psbot.gitlab.values import NewNote, WriteResult
from psbot.gitlab.wait_budget import WaitBudget
from psbot.report.stale import StaleRow
from psbot.runs.reconcile import reconcile
from psbot.runs.stale.run import Shard, run_stale
from psbot.runs.stale.run import StaleRunLimits as RunLimits
from psbot.runs.work import RunContext
from psbot.templates.library import TemplateLibrary
from tests.config.test_loader import CONFIG
from tests.support.builders import GROUP, INTERNAL, LABEL_GROUP, NOW, SHARED, engagement
from tests.support.fakes import FakeGitLab

SHIPPED: Process = load_process(CONFIG)
WORDS = TemplateLibrary(CONFIG.parent / "issue_templates")
STALE = "ps-attention::stale"
WEEK = timedelta(days=7)


@dataclass
class Portfolio:
    """Some engagements in a GitLab in memory, on a clock that only waiting moves."""

    count: int
    forge: FakeGitLab = field(default_factory=FakeGitLab)
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
        self.forge.requests.clear()
        self.forge.writes.clear()

    @property
    def process(self) -> Process:
        staleness = SHIPPED.staleness
        left = {name: staleness.policies[name] for name in self.policies}
        return replace(SHIPPED, staleness=replace(staleness, policies=left))

    def work(self, stop: Callable[[], bool] = lambda: False) -> RunContext:
        tools = WriteTools(self.forge, self.forge, Limits(), lambda: self.seconds, stop)
        patience = WaitBudget(self.patience, self.wait)
        return RunContext(tools, self.process, WORDS, self.forge.now, patience, check_author=check_machine)

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def at(self, now: datetime) -> None:
        self.forge.now = now

    def run(
        self, limits: RunLimits | None = None, which: Iterable[Engagement] | None = None
    ) -> dict[str, StaleRow]:
        self.forge.requests.clear()
        self.forge.writes.clear()
        asked = list(self.engagements if which is None else which)
        results = run_stale(asked, self.work(), limits or RunLimits(), lambda: len(self.forge.requests))
        return {each.engagement.key: StaleRow.of("x.yml", each) for each in results}

    def again(self) -> None:
        """Run again: nothing may be written."""
        self.run()
        assert self.forge.writes == []

    def flagged(self) -> set[str]:
        return {
            each.marker.engagement
            for each in self.forge._all()
            if each.marker and each.marker.item != "log" and STALE in each.labels
        }

    def digests(self) -> list[str]:
        return [
            note.body
            for item in self.forge.items.values()
            for note in item.comments
            if "psbot told" in note.body
        ]

    def log(self, key: str) -> WorkItem:
        (found,) = (
            each
            for each in self.forge.by_key("log")
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


def test_engagements_of_a_group_share_requests() -> None:
    portfolio = ready(12)
    told = portfolio.run()
    assert all(len(each.stale) == 1 for each in told.values())
    assert portfolio.flagged() == keys(portfolio)
    assert len(portfolio.digests()) == 12
    # Lists decide: nothing but the logs' digests is read besides, all of them together.
    assert portfolio.forge.requests.count("whole histories") == 0
    assert portfolio.forge.requests.count("comments") == 1
    assert len(portfolio.forge.writes) <= 4 + 4, "two items and one digest each, in batches"
    portfolio.again()


def test_what_psbot_touched_since_is_read_for_all_engagements_together() -> None:
    portfolio = ready(12)
    portfolio.run()
    portfolio.at(NOW + WEEK + timedelta(days=1))
    portfolio.run()
    assert portfolio.forge.requests.count("whole histories") == 1
    assert portfolio.forge.writes == []


def test_ceiling_of_digests_leaves_the_rest_to_the_next_run_longest_waiting_first() -> None:
    portfolio = ready(6)
    late = portfolio.engagements[4].key
    for each in portfolio.forge.by_key("welcome-email"):
        if each.marker and each.marker.engagement != late:
            portfolio.forge.now = NOW + timedelta(hours=30)
            portfolio.forge.person_comments(each.gid, "maria")
    portfolio.at(NOW + WEEK + timedelta(days=2))
    told = portfolio.run(RunLimits(notes=1))
    assert portfolio.flagged() == {late}
    assert sorted(key for key, each in told.items() if each.is_postponed) == sorted(keys(portfolio) - {late})
    portfolio.run(RunLimits(notes=4))
    assert len(portfolio.flagged()) == 5
    portfolio.run(RunLimits(notes=4))
    assert portfolio.flagged() == keys(portfolio)
    assert len(portfolio.digests()) == 6
    portfolio.again()


def test_thousand_stale_items_are_flagged_ten_a_run_the_oldest_first() -> None:
    portfolio = Portfolio(1)
    (each,) = portfolio.engagements
    (epic,) = portfolio.forge.by_key("epic")
    for number in range(1000):
        portfolio.forge.now = NOW + timedelta(days=number // 9)
        portfolio.forge.person_makes(
            "paul", INTERNAL, title=f"Change {number}", parent=epic.gid,
            description=f"<!-- psbot: engagement={each.key} item=change-request/{number + 1} -->\n",
            labels=frozenset({"ps-kind::change-request", "ps-state::todo"}),
        )  # fmt: skip
    ceilings = replace(SHIPPED.staleness.limits, items=10)

    def flag_ten() -> list[int]:
        work = portfolio.work()
        process = replace(work.process, staleness=replace(portfolio.process.staleness, limits=ceilings))
        (result,) = run_stale([each], replace(work, process=process), RunLimits(), lambda: 0)
        told = StaleRow.of("x.yml", result)
        assert told.is_postponed
        assert len(told.stale) == 1001
        found = [item for item in portfolio.forge._all() if STALE in item.labels and item.marker]
        return sorted(
            int(item.marker.item.rpartition("/")[2])
            for item in found
            if item.marker and item.marker.item.startswith("change-request/")
        )

    portfolio.at(NOW + 20 * WEEK)
    assert flag_ten() == list(range(1, 10)), "and the welcome e-mail, which has waited longest"
    assert flag_ten() == list(range(1, 20))
    assert len(portfolio.digests()) == 1


@pytest.mark.parametrize("total", [1, 2, 3, 7])
def test_every_engagement_has_one_share_and_keeps_it(total: int) -> None:
    names = [f"engagement-{number}" for number in range(200)]
    shares = [{name for name in names if Shard(index, total).contains(name)} for index in range(1, total + 1)]
    assert sum(map(len, shares)) == 200
    assert set().union(*shares) == set(names)
    assert all(len(share) > 200 / total / 2 for share in shares)
    assert shares[0] == {name for name in reversed(names) if Shard(1, total).contains(name)}


def test_two_shards_at_once_write_each_thing_once() -> None:
    portfolio = ready(8)
    halves = [
        [each for each in portfolio.engagements if Shard(index, 2).contains(each.key)] for index in (1, 2)
    ]
    assert all(halves)

    def other() -> None:
        portfolio.run(which=halves[1])

    portfolio.forge.before_write.append(other)
    portfolio.run(which=halves[0])
    assert portfolio.flagged() == keys(portfolio)
    assert len(portfolio.digests()) == 8
    portfolio.again()


class Busy(FakeGitLab):
    """A GitLab that takes 60 notes a minute and answers 429 to more, as GitLab.com does."""

    seconds: Callable[[], float] = staticmethod(lambda: 0.0)
    taken = 0
    limited = 0

    def create_notes(self, notes: Sequence[NewNote]) -> Sequence[WriteResult]:
        minute = int(self.seconds() // 60)
        with self._lock:
            if self.taken + len(notes) > 60 * (minute + 1):
                self.limited += 1
                raise RateLimited("too many notes", 60)
            self.taken += len(notes)
        return super().create_notes(notes)


def test_rate_limit_at_the_60th_note_is_waited_for() -> None:
    forge = Busy()
    portfolio = ready(65, forge=forge)
    portfolio.at(NOW + 2 * WEEK)
    forge.seconds = lambda: portfolio.seconds
    told = portfolio.run(RunLimits(notes=100))
    assert forge.limited >= 1
    assert not any(each.error for each in told.values())
    assert 60 <= portfolio.seconds < 180
    assert len(portfolio.digests()) == 65
    portfolio.again()


def test_rate_limit_at_the_60th_note_ends_a_run_that_may_not_wait_and_the_next_goes_on() -> None:
    forge = Busy()
    portfolio = ready(65, forge=forge, patience=0)
    portfolio.at(NOW + 2 * WEEK)
    forge.seconds = lambda: portfolio.seconds
    told = portfolio.run(RunLimits(notes=100))
    left = {key for key, each in told.items() if each.error}
    assert {each.error.exit_code for each in told.values() if each.error} == {ExitCode.LIMIT}
    assert 0 < len(left) < 20
    portfolio.wait(60)
    assert not any(each.error for each in portfolio.run().values())
    assert len(portfolio.digests()) == 65
    portfolio.again()


def test_rate_limit_ends_the_run_where_it_may_not_wait_and_the_next_goes_on() -> None:
    portfolio = ready(12, patience=0)
    portfolio.forge.skip_faults["create_notes"] = 1
    portfolio.forge.fail("create_notes", lambda: RateLimited("too many", 60), carried_out=False)
    told = portfolio.run()
    assert {each.error.exit_code for each in told.values() if each.error} == {ExitCode.LIMIT}
    portfolio.run()
    assert portfolio.flagged() == keys(portfolio)
    assert len(portfolio.digests()) == 12
    portfolio.again()


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("method", ["update_items", "create_notes"])
def test_answer_that_is_not_clear_is_looked_into_and_nothing_is_said_twice(
    method: str, carried_out: bool
) -> None:
    portfolio = ready(6)
    portfolio.forge.fail(method, lambda: Unclear("502"), carried_out=carried_out)
    told = portfolio.run()
    assert not any(each.error for each in told.values())
    assert portfolio.flagged() == keys(portfolio)
    assert len(portfolio.digests()) == 6
    portfolio.again()


def test_run_stops_after_so_many_requests_and_the_next_goes_on() -> None:
    portfolio = ready(40)
    total = 0
    for _ in range(30):
        told = portfolio.run(RunLimits(requests=12))
        total += 1
        assert len(portfolio.forge.requests) <= 12 + 4, "what is under way is not cut"
        if portfolio.flagged() == keys(portfolio) and len(portfolio.digests()) == 40:
            break
        assert len(told) < 40 or any(each.error or each.is_postponed for each in told.values())
    assert 1 < total < 30
    portfolio.again()


def test_run_stops_when_its_time_is_over() -> None:
    portfolio = ready(3)
    portfolio.forge.before_write.append(lambda: portfolio.wait(100))
    told = portfolio.run(RunLimits(seconds=50))
    assert any(each.error and each.error.exit_code is ExitCode.LIMIT for each in told.values())
    portfolio.run()
    assert portfolio.flagged() == keys(portfolio)
    assert len(portfolio.digests()) == 3


def test_notes_that_cannot_be_read_are_no_activity_and_no_silence() -> None:
    portfolio = ready(1)
    portfolio.run()
    (item,) = portfolio.forge.by_key("welcome-email")
    portfolio.forge.hidden_notes = {item.gid}
    portfolio.at(NOW + WEEK + timedelta(days=3))
    (told,) = portfolio.run().values()
    assert [each.item for each in told.unchecked] == ["welcome-email"]
    assert told.stale == ()
    assert portfolio.forge.writes == [], "what was told stays, because nothing new is known"


def test_nothing_is_told_where_the_customer_can_read_the_log() -> None:
    shared = GitLabPaths(GROUP, SHARED, None, LABEL_GROUP)
    portfolio = ready(2, places=shared)
    portfolio.forge.person_edits(portfolio.log("acme-00").gid, "maria", confidential=False)
    told = portfolio.run()
    assert [each.code for each in told["acme-00"].findings if each.code == "log-not-private"] == [
        "log-not-private"
    ]
    assert portfolio.flagged() == {"acme-01"}
    assert len(portfolio.digests()) == 1


def test_labels_that_are_missing_are_made_once_for_all() -> None:
    portfolio = ready(3)
    del portfolio.forge.labels[STALE]
    portfolio.run()
    assert portfolio.forge.writes.count("create_labels") == 1
    assert portfolio.flagged() == keys(portfolio)
    portfolio.again()

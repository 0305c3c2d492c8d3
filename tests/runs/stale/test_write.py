"""Flags and digests: limits, rate limits and unclear answers."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from psbot.core.model.engagement import GitLabPaths
from psbot.errors import ExitCode
from psbot.gitlab.ports import RateLimited, Unclear
from psbot.gitlab.values import NewNote, WriteResult
from psbot.report.stale import StaleRow
from psbot.runs.stale.run import StaleRunLimits as RunLimits
from psbot.runs.stale.run import run_stale
from tests.runs.stale.portfolios import SHIPPED, STALE, WEEK, Portfolio, keys, ready
from tests.support.builders import GROUP, INTERNAL, LABEL_GROUP, NOW, SHARED
from tests.support.fakes import FakeGitLab


def test_limit_of_digests_leaves_the_rest_to_the_next_run_longest_waiting_first() -> None:
    portfolio = ready(6)
    late = portfolio.engagements[4].key
    for each in portfolio.gitlab.by_key("welcome-email"):
        if each.marker and each.marker.engagement != late:
            portfolio.gitlab.now = NOW + timedelta(hours=30)
            portfolio.gitlab.person_comments(each.gid, "maria")
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
    (epic,) = portfolio.gitlab.by_key("epic")
    for number in range(1000):
        portfolio.gitlab.now = NOW + timedelta(days=number // 9)
        portfolio.gitlab.person_makes(
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
        found = [item for item in portfolio.gitlab._all() if STALE in item.labels and item.marker]
        return sorted(
            int(item.marker.item.rpartition("/")[2])
            for item in found
            if item.marker and item.marker.item.startswith("change-request/")
        )

    portfolio.at(NOW + 20 * WEEK)
    assert flag_ten() == list(range(1, 10)), "and the welcome e-mail, which has waited longest"
    assert flag_ten() == list(range(1, 20))
    assert len(portfolio.digests()) == 1


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
    gitlab = Busy()
    portfolio = ready(65, gitlab=gitlab)
    portfolio.at(NOW + 2 * WEEK)
    gitlab.seconds = lambda: portfolio.seconds
    told = portfolio.run(RunLimits(notes=100))
    assert gitlab.limited >= 1
    assert not any(each.error for each in told.values())
    assert 60 <= portfolio.seconds < 180
    assert len(portfolio.digests()) == 65
    portfolio.again()


def test_rate_limit_at_the_60th_note_ends_a_run_that_may_not_wait_and_the_next_goes_on() -> None:
    gitlab = Busy()
    portfolio = ready(65, gitlab=gitlab, patience=0)
    portfolio.at(NOW + 2 * WEEK)
    gitlab.seconds = lambda: portfolio.seconds
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
    portfolio.gitlab.skip_faults["create_notes"] = 1
    portfolio.gitlab.fail("create_notes", lambda: RateLimited("too many", 60), carried_out=False)
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
    portfolio.gitlab.fail(method, lambda: Unclear("502"), carried_out=carried_out)
    told = portfolio.run()
    assert not any(each.error for each in told.values())
    assert portfolio.flagged() == keys(portfolio)
    assert len(portfolio.digests()) == 6
    portfolio.again()


def test_nothing_is_posted_where_the_customer_can_read_the_log() -> None:
    shared = GitLabPaths(GROUP, SHARED, None, LABEL_GROUP)
    portfolio = ready(2, places=shared)
    portfolio.gitlab.person_edits(portfolio.log("acme-00").gid, "maria", confidential=False)
    told = portfolio.run()
    assert [each.code for each in told["acme-00"].findings if each.code == "log-not-private"] == [
        "log-not-private"
    ]
    assert portfolio.flagged() == {"acme-01"}
    assert len(portfolio.digests()) == 1


def test_labels_that_are_missing_are_made_once_for_all() -> None:
    portfolio = ready(3)
    del portfolio.gitlab.labels[STALE]
    portfolio.run()
    assert portfolio.gitlab.writes.count("create_labels") == 1
    assert portfolio.flagged() == keys(portfolio)
    portfolio.again()

"""Unclear answers and pauses: psbot waits until GitLab shows what became of a write."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from psbot.apply.receipt import Outcome
from psbot.core.model.process import Limits
from psbot.errors import ExitCode
from psbot.gitlab.ports import RateLimited, Unclear
from psbot.gitlab.values import NewItem, WriteResult
from psbot.runs.reconcile import reconcile
from tests.support.fakes import FakeGitLab
from tests.support.runs import ENGAGEMENT, EVERYTHING, Watch, in_one_line, open_keys, run, run_context

ERRORS: list[Any] = [
    pytest.param(lambda: Unclear("GitLab answered 502"), id="5xx"),
    pytest.param(lambda: RateLimited("too many requests", 30), id="429"),
]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("method", ["create_labels", "create_items"])
@pytest.mark.parametrize("carried_out", [True, False])
def test_reconcile_makes_everything_once_when_a_write_answers_unclearly(
    gitlab: FakeGitLab, error: Callable[[], Exception], method: str, carried_out: bool
) -> None:
    gitlab.fail(method, error, carried_out=carried_out)
    result = run(gitlab)
    assert result.exit_code is ExitCode.DONE
    assert open_keys(gitlab) == EVERYTHING
    assert {receipt.outcome for receipt in result.receipts} == {Outcome.DONE}
    assert run(gitlab).plan.is_empty


@pytest.mark.parametrize(("carried_out", "least", "most"), [(True, 0, 5), (False, 60, 70)])
def test_reconcile_waits_only_while_what_was_asked_for_is_missing(
    gitlab: FakeGitLab, carried_out: bool, least: float, most: float
) -> None:
    watch = Watch()
    gitlab.fail("create_items", lambda: Unclear("timed out"), carried_out=carried_out)
    run(gitlab, watch=watch)
    assert least <= watch.seconds <= most


def test_reconcile_counts_the_time_an_unclear_request_took_into_the_wait(gitlab: FakeGitLab) -> None:
    watch = Watch()

    def slow() -> Exception:
        watch.wait(65)
        return Unclear("did not answer in time")

    gitlab.fail("create_items", slow, carried_out=False)
    run(gitlab, watch=watch)
    assert watch.seconds == 65


def test_reconcile_stops_with_the_limit_code_when_answers_stay_unclear(gitlab: FakeGitLab) -> None:
    for _ in range(10):
        gitlab.fail("create_items", lambda: Unclear("GitLab answered 500"), carried_out=False)
    assert run(gitlab).exit_code is ExitCode.LIMIT
    assert gitlab.writes.count("create_items") == 4
    gitlab.faults.clear()
    run(gitlab)
    assert open_keys(gitlab) == EVERYTHING


def test_reconcile_stops_at_once_when_gitlab_asks_for_too_long_a_pause(gitlab: FakeGitLab) -> None:
    watch = Watch()
    gitlab.fail("create_items", lambda: RateLimited("too many requests", 86_400), carried_out=False)
    result = run(gitlab, watch=watch)
    assert result.exit_code is ExitCode.LIMIT
    assert watch.seconds == 0
    assert "remain" in str(result.error)


def test_reconcile_counts_what_remains_when_the_run_is_stopped(gitlab: FakeGitLab) -> None:
    result = reconcile(ENGAGEMENT, run_context(gitlab, stop=lambda: bool(gitlab.items)))
    assert result.exit_code is ExitCode.LIMIT
    assert "remain" in str(result.error)
    assert {receipt.outcome for receipt in result.receipts} == {Outcome.DONE, Outcome.PENDING}
    run(gitlab)
    assert open_keys(gitlab) == EVERYTHING


def test_reconcile_writes_nothing_when_the_run_is_stopped_at_once(gitlab: FakeGitLab) -> None:
    result = reconcile(ENGAGEMENT, run_context(gitlab, stop=lambda: True))
    assert result.exit_code is ExitCode.LIMIT
    assert {receipt.outcome for receipt in result.receipts} == {Outcome.PENDING}


def test_reconcile_makes_the_others_when_gitlab_breaks_on_one_item_every_time(gitlab: FakeGitLab) -> None:
    class Breaking(FakeGitLab):
        def create_items(self, items: Sequence[NewItem]) -> Sequence[WriteResult]:
            if any("Intake" in each.title for each in items):
                self._write("create_items")
                raise Unclear("GitLab answered 500")
            return super().create_items(items)

    gitlab = Breaking()
    result = reconcile(ENGAGEMENT, in_one_line(gitlab))
    assert result.exit_code is ExitCode.LIMIT
    assert open_keys(gitlab) == [key for key in EVERYTHING if key != "intake-aws"]


def test_reconcile_sends_nothing_more_when_the_run_is_stopped(gitlab: FakeGitLab) -> None:
    def is_asked() -> bool:
        if gitlab.items:
            stopped_at.append(len(gitlab.requests))
        return bool(gitlab.items)

    stopped_at: list[int] = []
    whole = run_context(gitlab, stop=is_asked)
    result = reconcile(ENGAGEMENT, replace(whole, tools=replace(whole.tools, limits=Limits(connections=1))))
    assert result.exit_code is ExitCode.LIMIT
    assert gitlab.requests[stopped_at[0] :] == []

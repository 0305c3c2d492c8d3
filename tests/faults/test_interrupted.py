"""psbot stale is cut off before each of its requests, and an undisturbed run after it ends as if nothing had been."""

import pytest

from psbot.stalerun import Limits
from tests.faults.checks import require
from tests.faults.histories import STALE, history
from tests.faults.matrix import check_state, settle
from tests.faults.stage import staged


class Cut(BaseException):
    """The process is gone."""


def test_one_run_later_all_is_as_undisturbed_when_a_run_is_cut_off() -> None:
    asked = history(STALE)
    for number in range(1, len(asked.requests) + 1):
        with staged(asked.world()) as stage:
            seen = 0

            def before(number: int = number) -> None:
                nonlocal seen
                seen += 1
                if seen == number:
                    raise Cut

            with pytest.raises(Cut):
                stage.run(asked.engagement, asked.now, command=asked.command, before=before)
            settle(stage, asked)
            check_state(stage, asked)


def test_nothing_is_done_twice_when_runs_may_make_too_few_requests() -> None:
    asked = history(STALE)
    with staged(asked.world()) as stage:
        for _ in range(4):
            stage.run(asked.engagement, asked.now, command=asked.command, limits=Limits(requests=8))
        require(stage.writes <= 3, "what was done is not done again")
        settle(stage, asked)
        check_state(stage, asked)

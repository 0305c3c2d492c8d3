"""psbot stale is cut off before each of its requests, and an undisturbed run after it ends as if nothing had been."""

import pytest

from tests.resilience.histories import STALE, history
from tests.resilience.matrix import check_state, settle
from tests.support.stage import staged


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

"""Every request of a run goes wrong in every way, one at a time; two runs later all is as if nothing had been."""

from collections.abc import Callable

import pytest

from tests.resilience.checks import Violation
from tests.resilience.histories import history
from tests.resilience.matrix import play
from tests.resilience.rows import MATRIX, row, sampled
from tests.support.sample import Sample

Count = Callable[[str, int], None]


@pytest.mark.parametrize(("name", "pattern"), MATRIX)
def test_two_runs_later_all_is_as_undisturbed_when_a_request_goes_wrong(
    name: str, pattern: str, sample: Sample, count_cases: Count
) -> None:
    asked = history(name)
    chosen = sampled(sample)[name, pattern]
    broken = []
    played = 0
    for case in chosen:
        try:
            play(asked, case)
            played += 1
        except Violation as violation:
            broken.append(
                f"request {case.number}, {asked.requests[case.number - 1].operation}: {case}\n{violation}"
            )
    count_cases(row("faults", name, pattern), played)
    assert not broken, "\n\n".join(broken)
    assert played == len(chosen) > 0

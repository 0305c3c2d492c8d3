"""The sample of cases that a run plays: all of them at night, by day a share that changes with the seed.

A share is a stride, not chance: with the seeds 1, 2, 3 and so on, every case is played within a few runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import pytest

Case = TypeVar("Case")

# A number that grows from pipeline to pipeline, by the environment variable that the CI service sets.
_PIPELINE_NUMBERS = ("CI_PIPELINE_IID", "GITHUB_RUN_NUMBER")


def seed_of(environment: Mapping[str, str], today: date) -> int:
    """Return the number of the pipeline, or the number of the day where no pipeline runs the tests."""
    numbers = (environment.get(name, "") for name in _PIPELINE_NUMBERS)
    return next((int(number) for number in numbers if number.isdigit()), today.toordinal())


@dataclass(frozen=True, slots=True)
class Sample:
    """Which cases a run plays."""

    seed: int = 0
    is_complete: bool = False

    def includes(self, number: int, every: int) -> bool:
        """Tell whether the case with this *number* is played, where one of *every* few is."""
        return self.is_complete or (number + self.seed) % every == 0

    def of(self, cases: Sequence[Case], every: int, offset: int = 0) -> list[Case]:
        """Return one of *every* few cases, and one at least; tables with other offsets begin with another case."""
        chosen = [case for number, case in enumerate(cases, offset) if self.includes(number, every)]
        return chosen or list(cases[(offset + self.seed) % len(cases) :][:1] if cases else ())

    @property
    def command(self) -> str:
        """Return the options that play the same cases again."""
        return "--all-cases" if self.is_complete else f"--cases-seed {self.seed}"

    def __str__(self) -> str:
        if self.is_complete:
            return "all"
        return f"the sample of seed {self.seed}; repeat it with {self.command}, play all with --all-cases"


_SHARE_OF_EXAMPLES = 3


def examples(number: int) -> int:
    """Return how many examples hypothesis draws: *number* at night, and a third of it by day, others every time."""
    return number if THIS_RUN.is_complete else number // _SHARE_OF_EXAMPLES


@dataclass(slots=True)
class ThisRun:
    """What is known of the run of pytest when test modules are imported."""

    is_complete: bool = True


THIS_RUN = ThisRun()
SAMPLE = pytest.StashKey[Sample]()  # the sample of a run of pytest
COMPLETE = Sample(is_complete=True)

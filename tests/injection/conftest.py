"""What every hostile test has: an end, so that a hang is a failure and not a pipeline that never comes back."""

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from tests.injection.corpus import CATEGORIES, Entry, entries_of
from tests.support.sample import Sample

SECONDS = 300


class Hung(BaseException):
    """Not an Exception, so that no code under test can take it for one of its own."""


@pytest.fixture(autouse=True)
def end() -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise Hung(f"no end after {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(params=CATEGORIES)
def entries(request: pytest.FixtureRequest, sample: Sample) -> list[Entry]:
    """The texts of a category of the corpus that this run plays."""
    return entries_of(request.param, sample)

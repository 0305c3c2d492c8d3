"""What every hostile test has: an end, so that a hang is a failure and not a pipeline that never comes back."""

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

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

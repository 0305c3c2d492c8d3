"""The instance's clock: it stands still until it is moved, or runs from the time it was set to."""

import time
from datetime import datetime, timedelta


class Clock:
    """A virtual clock in UTC. Every write takes a millisecond, so that later writes have later times."""

    def __init__(self, now: datetime, *, runs: bool = False) -> None:
        self._set_to = now
        self._runs = runs
        self._started = time.monotonic()

    @property
    def runs(self) -> bool:
        """Tell whether the clock runs instead of standing still."""
        return self._runs

    def now(self) -> datetime:
        """Return the current time."""
        passed = time.monotonic() - self._started if self._runs else 0.0
        return self._set_to + timedelta(seconds=passed)

    def tick(self) -> datetime:
        """Advance by a millisecond and return the new time."""
        self._set_to += timedelta(milliseconds=1)
        return self.now()

    def advance(self, by: timedelta) -> datetime:
        """Advance by *by* and return the new time."""
        self._set_to += by
        return self.now()

    def set(self, now: datetime) -> datetime:
        """Set the clock to *now*."""
        self._set_to = now
        self._started = time.monotonic()
        return now

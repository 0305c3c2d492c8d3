"""The instance's clock: it stands until it is moved, or runs on from where it was set."""

import time
from datetime import datetime, timedelta


class Clock:
    """A virtual clock in UTC; every write takes a millisecond, so that what was written later is later."""

    def __init__(self, now: datetime, *, runs: bool = False) -> None:
        self._set_to = now
        self._runs = runs
        self._started = time.monotonic()

    @property
    def runs(self) -> bool:
        """Tell whether time passes by itself."""
        return self._runs

    def now(self) -> datetime:
        """Return the instant the clock shows."""
        passed = time.monotonic() - self._started if self._runs else 0.0
        return self._set_to + timedelta(seconds=passed)

    def tick(self) -> datetime:
        """Move on by a millisecond and return the new instant."""
        self._set_to += timedelta(milliseconds=1)
        return self.now()

    def advance(self, by: timedelta) -> datetime:
        """Move on by *by*."""
        self._set_to += by
        return self.now()

    def set(self, now: datetime) -> datetime:
        """Show *now* from here on."""
        self._set_to = now
        self._started = time.monotonic()
        return now

"""The pace of creations: below the limit that GitLab.com has on creating issues, so that a run does not meet it.

GitLab counts by project and account, and all epics together (GitLab, app/services/issues/create_service.rb@800235cc);
GitLab.com allows 200 a minute, self-managed servers have no limit unless one is set.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from threading import Lock

from psbot.gitlab.values import NewItem
from psbot.gitlab.wait_budget import WaitBudget

CREATIONS_PER_MINUTE = 180
_MINUTE = 60.0
_EPICS = "epics"


class CreationPace:
    """Waits before creations that would be more than so many within a minute; safe to use from several threads."""

    def __init__(self, budget: WaitBudget, clock: Callable[[], float] = time.monotonic) -> None:
        self._budget = budget
        self._clock = clock
        self._waited = 0.0
        self._lock = Lock()
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def wait_for(self, items: Sequence[NewItem]) -> None:
        """Wait until *items* may be created."""
        with self._lock:
            for item in items:
                self._wait_for_one(_EPICS if item.is_epic else item.namespace)

    def _wait_for_one(self, place: str) -> None:
        times, now = self._times[place], self._clock() + self._waited
        while times and now - times[0] >= _MINUTE:
            times.popleft()
        if len(times) >= CREATIONS_PER_MINUTE:
            seconds = _MINUTE - (now - times[0])
            self._budget.echo(
                f"psbot creates at most {CREATIONS_PER_MINUTE} items a minute in {place}, because GitLab may limit "
                f"that; waiting {seconds:.0f} s"
            )
            self._budget.sleep(seconds)
            self._waited += seconds
            times.popleft()
            now += seconds
        times.append(now)

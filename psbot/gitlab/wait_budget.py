"""How long one run may wait for GitLab in total."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


@dataclass(slots=True)
class WaitBudget:
    """A budget of seconds; ``sleep`` does the waiting, ``echo`` tells the user the reason."""

    seconds_left: float
    sleep: Callable[[float], None]
    echo: Callable[[str], None] = lambda _: None
    _lock: Lock = field(default_factory=Lock, repr=False)

    def try_pause(self, seconds: float, reason: str) -> bool:
        """Wait *seconds* and return True, or return False at once where the budget does not allow it."""
        with self._lock:
            if seconds > self.seconds_left:
                return False
            self.seconds_left -= seconds
        self.echo(f"{reason}; waiting {seconds:.0f} s")
        self.sleep(seconds)
        return True

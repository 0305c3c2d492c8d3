"""How long one run waits for GitLab, in all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


@dataclass(slots=True)
class Patience:
    """A budget of seconds; ``wait`` is what really waits, ``say`` tells people why."""

    seconds: float
    wait: Callable[[float], None]
    say: Callable[[str], None] = lambda _: None
    _lock: Lock = field(default_factory=Lock, repr=False)

    def pause(self, seconds: float, why: str) -> bool:
        """Wait *seconds* and return True, or return False at once where the budget does not allow it."""
        with self._lock:
            if seconds > self.seconds:
                return False
            self.seconds -= seconds
        self.say(f"{why}; waiting {seconds:.0f} s")
        self.wait(seconds)
        return True

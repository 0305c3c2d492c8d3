"""A cache of answers to reads, keyed by the state they were read from.

The state of a world has an identity that stays the same until the next write. Worlds restored from one snapshot share
their answers: after the same writes they have the same state.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from typing import ClassVar

MAX_ANSWERS = 256


class AnswerCache:
    """The most recently used answers, up to a limit."""

    is_enabled: ClassVar[bool] = True  # False makes every world compute all answers

    def __init__(self, limit: int = MAX_ANSWERS) -> None:
        self._limit = limit
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable) -> bytes | None:
        """Return the cached answer for *key*, if there is one."""
        found = self._answers.get(key) if self.is_enabled else None
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def put(self, key: Hashable, answer: bytes) -> None:
        """Cache an answer; beyond the limit, drop the least recently used one."""
        self._answers[key] = answer
        if len(self._answers) > self._limit:
            self._answers.popitem(last=False)


def state_after(state: object, write: object) -> object:
    """Return the identity of the state after *write*; a new, unshared one unless *state* is known."""
    if not isinstance(state, str):
        return object()
    return hashlib.sha256(repr((state, write)).encode()).hexdigest()

"""Answers to reads that are remembered, by the state they were read from.

The state of a world has an identity. As long as nobody writes, it stays the same. A world that was restored from a
snapshot shares its answers with all others of that snapshot: they have the same state after the same writes.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from typing import ClassVar

LIMIT = 256


class Answers:
    """The answers that were read last, up to a limit."""

    is_remembering: ClassVar[bool] = True  # False lets every world read everything again

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._known: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable) -> bytes | None:
        """Return the answer that was put in with *key*, if it is still known."""
        found = self._known.get(key) if self.is_remembering else None
        if found is not None:
            self._known.move_to_end(key)
        return found

    def put(self, key: Hashable, answer: bytes) -> None:
        """Remember an answer, and forget the one that was not asked for longest."""
        self._known[key] = answer
        if len(self._known) > self._limit:
            self._known.popitem(last=False)


def state_after(state: object, write: object) -> object:
    """Return the identity of the state that *write* leads to; only from a known state it is known."""
    if not isinstance(state, str):
        return object()
    return hashlib.sha256(repr((state, write)).encode()).hexdigest()

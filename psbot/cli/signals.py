"""Ctrl-C and SIGTERM: at once as long as nothing is written, between operations from then on."""

import signal
from threading import Event
from types import FrameType
from typing import Any, Self

import click

from psbot.errors import Exit
from psbot.gitlab.ports import LimitReached

_SIGNALS = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.LIMIT}


class Stop:
    """Whether somebody has asked the run to end, and how it then exits.

    As a context manager it listens to the signals. While ``is_writing``, the first one only notes the wish; a
    second one ends at once.
    """

    def __init__(self) -> None:
        self.code: Exit | None = None
        self.is_writing = False
        self._asked = Event()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def asked(self) -> bool:
        """Tell whether somebody has asked."""
        return self._asked.is_set()

    def wait(self, seconds: float | None = None) -> None:
        """Wait *seconds*, for ever without, or until somebody asks."""
        self._asked.wait(seconds)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        was_asked = self.asked()
        self.code = _SIGNALS[signal.Signals(number)]
        self._asked.set()
        if self.is_writing and not was_asked:
            click.echo("psbot: stopping after the request in flight; once more stops at once", err=True)
        elif self.code is Exit.INTERRUPTED:
            raise KeyboardInterrupt
        else:
            raise LimitReached("stopped as asked", "run again; psbot goes on where it stopped")

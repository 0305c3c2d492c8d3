"""Ctrl-C and SIGTERM: at once as long as nothing is written, between operations from then on."""

import signal
from threading import Event
from types import FrameType
from typing import Any, Self

import click

from psbot.errors import ExitCode
from psbot.gitlab.ports import LimitReached

_EXIT_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.LIMIT}


class StopRequest:
    """Whether somebody has asked the run to end, and how it then exits.

    As a context manager it listens to the signals. While ``is_writing``, the first one only notes the wish; a
    second one ends at once.
    """

    def __init__(self) -> None:
        self.exit_code: ExitCode | None = None
        self.is_writing = False
        self._requested = Event()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in _EXIT_CODES:
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def is_requested(self) -> bool:
        """Tell whether somebody has asked."""
        return self._requested.is_set()

    def wait(self, seconds: float | None = None) -> None:
        """Wait *seconds*, for ever without, or until somebody asks."""
        self._requested.wait(seconds)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        was_asked = self.is_requested()
        self.exit_code = _EXIT_CODES[signal.Signals(number)]
        self._requested.set()
        if self.is_writing and not was_asked:
            click.echo("psbot: stopping after the request in flight; once more stops at once", err=True)
        elif self.exit_code is ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        else:
            raise LimitReached("stopped as asked", "run again; psbot goes on where it stopped")

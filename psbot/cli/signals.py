"""Handles Ctrl-C and SIGTERM: stops at once before the first write, and between requests from then on."""

import signal
from threading import Event
from types import FrameType
from typing import Any, Self

import click

from psbot.errors import ExitCode
from psbot.gitlab.ports import LimitReached

_EXIT_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.LIMIT}


class StopRequest:
    """Whether the run was asked to stop, and its exit code in that case.

    As a context manager it handles the signals. While ``is_writing``, the first signal only sets the request; a second
    one stops at once.
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
        """Tell whether the run was asked to stop."""
        return self._requested.is_set()

    def wait(self, seconds: float | None = None) -> None:
        """Wait for *seconds* (without a number for ever), or until a stop is requested."""
        self._requested.wait(seconds)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        was_requested = self.is_requested()
        self.exit_code = _EXIT_CODES[signal.Signals(number)]
        self._requested.set()
        if self.is_writing and not was_requested:
            click.echo("psbot: stopping after the current request; press again to stop at once", err=True)
        elif self.exit_code is ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        else:
            raise LimitReached("stopped on request", "run again; psbot resumes where it stopped")

"""psbot in a process of its own that is forked from one that has imported it, which saves the start of Python.

The process is a real one with its own memory and environment, and what kills it is a real signal.
"""

import multiprocessing
import os
import tempfile
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from typing import Protocol

from tests.support.forked_main import run

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["__main__", "tests.support.forked_preload"])


class Process(Protocol):
    """What a test needs of a process, however it was started."""

    def kill(self) -> None: ...

    def wait(self) -> int: ...

    def communicate(self, *, timeout: float) -> tuple[object, bytes]: ...


class Forked:
    """A process that runs psbot with *arguments* and *environment*; only its standard error is kept."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        descriptor, name = tempfile.mkstemp(prefix="psbot-stderr-")
        os.close(descriptor)
        self._errors = Path(name)
        self._lock = threading.Lock()
        self._process = _CONTEXT.Process(target=run, args=(list(arguments), dict(environment), name))
        self._process.start()

    def kill(self) -> None:
        """Send SIGKILL."""
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once the process has ended; -9 after SIGKILL. Several threads may wait."""
        if not wait([self._process.sentinel], timeout):
            raise TimeoutError(f"psbot is still running after {timeout} seconds")
        with self._lock:  # the exit code can be read once from what the sentinel stands for
            code = self._process.exitcode
        assert code is not None
        return code

    def communicate(self, *, timeout: float) -> tuple[object, bytes]:
        """Wait for the end, and return what the process has written to its standard error."""
        self.wait(timeout)
        said = self._errors.read_bytes()
        self._errors.unlink()
        return None, said

"""A buffer on disk that keeps the items of a group out of memory until they are needed."""

import pickle
import tempfile
from array import array
from collections.abc import Sequence
from os import SEEK_END
from threading import Lock

from psbot.core.model.work_item import WorkItem


class DiskBuffer:
    """Work items by key, in an unnamed temporary file that vanishes with the process; safe in several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        self._offsets: dict[str, array[int]] = {}

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def put(self, key: str, items: Sequence[WorkItem]) -> None:
        """Append *items* to those under *key*."""
        data = pickle.dumps(items, pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._offsets.setdefault(key, array("Q")).append(self._file.seek(0, SEEK_END))
            self._file.write(data)

    def get(self, key: str) -> list[WorkItem]:
        """Return the items under *key*, in the order they were put; they stay in the buffer."""
        return [item for part in self._load(key) for item in part]

    def _load(self, key: str) -> list[Sequence[WorkItem]]:
        with self._lock:
            parts = []
            for offset in self._offsets.get(key, array("Q")):
                self._file.seek(offset)
                parts.append(pickle.load(self._file))  # noqa: S301  our own file, which has no name
            return parts

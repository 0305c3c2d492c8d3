"""Spool."""

import pickle
import tempfile
from array import array
from collections.abc import Sequence
from os import SEEK_END
from threading import Lock

from psbot.core.model.work_item import WorkItem


class DiskBuffer:
    """Sightings on shelves, in an unnamed temporary file that vanishes with the process; safe in several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        self._offsets: dict[str, array[int]] = {}

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def put(self, key: str, sightings: Sequence[WorkItem]) -> None:
        """Put sightings on a shelf."""
        data = pickle.dumps(sightings, pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._offsets.setdefault(key, array("Q")).append(self._file.seek(0, SEEK_END))
            self._file.write(data)

    def get(self, key: str) -> list[WorkItem]:
        """Return what lies on a shelf, in the order it came; it stays there."""
        return [sighting for part in self._load(key) for sighting in part]

    def _load(self, key: str) -> list[Sequence[WorkItem]]:
        with self._lock:
            parts = []
            for offset in self._offsets.get(key, array("Q")):
                self._file.seek(offset)
                parts.append(pickle.load(self._file))  # noqa: S301  our own file, which has no name
            return parts

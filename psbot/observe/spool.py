"""Spool."""

import pickle
import tempfile
from array import array
from collections.abc import Sequence
from os import SEEK_END
from threading import Lock

from psbot.core.model.work_item import Sighting


class Spool:
    """Sightings on shelves, in an unnamed temporary file that vanishes with the process; safe in several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        self._shelves: dict[str, array[int]] = {}

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def put(self, shelf: str, sightings: Sequence[Sighting]) -> None:
        """Put sightings on a shelf."""
        data = pickle.dumps(sightings, pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._shelves.setdefault(shelf, array("Q")).append(self._file.seek(0, SEEK_END))
            self._file.write(data)

    def take(self, shelf: str) -> list[Sighting]:
        """Return what lies on a shelf, in the order it came; it stays there."""
        return [sighting for part in self._parts(shelf) for sighting in part]

    def _parts(self, shelf: str) -> list[Sequence[Sighting]]:
        with self._lock:
            parts = []
            for offset in self._shelves.get(shelf, array("Q")):
                self._file.seek(offset)
                parts.append(pickle.load(self._file))  # noqa: S301  our own file, which has no name
            return parts

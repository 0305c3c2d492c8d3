"""The items of one group while its lists are read: on disk, found by engagement, parent or epic."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from psbot.core.identity.relocation import comparable_title
from psbot.core.model.work_item import WorkItem, numeric_id_of
from psbot.core.records.ownership import TITLE_KEY
from psbot.core.text import marker
from psbot.gitlab.values import ItemSummary
from psbot.observe.spool import DiskBuffer


class ItemStore:
    """Keeps listed items in a buffer on disk, and notes which items with our markers no list has shown.

    ``epics_by_title`` has the epics of other engagements, by the token of their title, ``unmarked_epics`` those without
    a marker by their comparable title, ``unmarked_items`` the global ids of labelled items without one.
    """

    def __init__(self, keys: frozenset[str]) -> None:
        self.epics_by_title: dict[str, str] = {}
        self.unmarked_epics: dict[str, str] = {}
        self.unmarked_items: list[str] = []
        self._keys = keys
        self._buffer = DiskBuffer()
        self._listed: set[int] = set()  # numeric ids
        self._unlisted: dict[str, list[str]] = {}  # global ids by engagement

    def close(self) -> None:
        """Close the buffer."""
        self._buffer.close()

    def store_epic(self, epic: WorkItem) -> str | None:
        """Store an epic; return the key of its engagement where it is one of ours."""
        self._listed.add(epic.numeric_id)
        found = epic.marker
        if found and found.engagement in self._keys:
            self._buffer.put(_epic_key(found.engagement), [epic])
            return found.engagement
        if found is None:
            self._buffer.put(_unmarked_key(epic.gid), [epic])
            self.unmarked_epics[comparable_title(epic.title)] = epic.reference
        elif title := found.memory.get(TITLE_KEY):
            self.epics_by_title[title] = f"{epic.reference} of {found.engagement}"
        return None

    def store_children(self, children: Iterable[WorkItem]) -> None:
        """Store items by their parent; safe in several threads."""
        for parent, siblings in groupby(children, key=lambda child: child.parent):
            self._buffer.put(str(parent), list(siblings))

    def epics_of(self, engagement: str) -> list[WorkItem]:
        """Return the epics with the marker of *engagement*."""
        return self._buffer.get(_epic_key(engagement))

    def unmarked_epic(self, gid: str) -> list[WorkItem]:
        """Return the epic without a marker that has the global id *gid*, if it is one."""
        return self._buffer.get(_unmarked_key(gid))

    def children_of(self, epic: str) -> list[WorkItem]:
        """Return the stored children of the epic with the global id *epic*."""
        return self._buffer.get(epic)

    def mark_listed(self, items: Iterable[WorkItem]) -> None:
        """Note that a list has shown *items*."""
        self._listed.update(item.numeric_id for item in items)

    def is_listed(self, gid: str) -> bool:
        """Tell whether a list has shown the item with the global id *gid*."""
        return numeric_id_of(gid) in self._listed

    def note_labelled(self, summaries: Iterable[ItemSummary]) -> None:
        """Note labelled items with our markers that no list has shown so far."""
        for summary in summaries:
            found = marker.parse_marker(summary.description)
            if found is None:
                self.unmarked_items.append(summary.gid)
            if found and found.engagement in self._keys and not self.is_listed(summary.gid):
                self._unlisted.setdefault(found.engagement, []).append(summary.gid)

    def unlisted_of(self, engagement: str) -> Sequence[str]:
        """Return the global ids of labelled items of *engagement* that no list has shown."""
        return [gid for gid in self._unlisted.get(engagement, []) if not self.is_listed(gid)]


def _epic_key(engagement: str) -> str:
    return f"epic {engagement}"


def _unmarked_key(gid: str) -> str:
    return f"unmarked {gid}"

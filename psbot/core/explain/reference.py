"""Parse how people name an item: a URL, a reference such as ``group&12``, or the keys of engagement and item."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from psbot.core.model.process import EPIC

_PATH = r"[A-Za-z0-9_.][A-Za-z0-9_.\-]*(?:/[A-Za-z0-9_.][A-Za-z0-9_.\-]*)*"
_REFERENCE = re.compile(rf"(?P<namespace>{_PATH})[&#](?P<iid>[1-9][0-9]{{0,8}})")
_NAME = re.compile(r"(?P<engagement>[a-z0-9-]+)(?:/(?P<key>[a-z0-9-]+(?:/[A-Za-z0-9-]+)?))?")
_PAGE = re.compile(
    rf"/(?:groups/)?(?P<namespace>{_PATH})/-/(?:epics|issues|work_items)/(?P<iid>[1-9][0-9]{{0,8}})/?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """An item by the full path of its group or project, and its number there."""

    namespace: str
    iid: int


@dataclass(frozen=True, slots=True)
class ItemKey:
    """An item by the keys of its engagement and its own."""

    engagement: str
    key: str = EPIC


@dataclass(frozen=True, slots=True)
class ItemUrl:
    """The URL of an item's page; the server is needed to know which part of its path names the item."""

    url: str

    def resolve(self, server: str) -> Reference | None:
        """Return the item that the page shows; None for a page of another server, or of no item."""
        base, page = urlsplit(server), urlsplit(self.url)
        prefix = base.path.rstrip("/")
        is_there = (base.hostname, _port(server)) == (page.hostname, _port(self.url))
        if not is_there or not page.path.startswith(prefix):
            return None
        match = _PAGE.fullmatch(page.path.removeprefix(prefix))
        return Reference(match["namespace"], int(match["iid"])) if match else None


def parse_reference(text: str) -> Reference | ItemKey | ItemUrl | None:
    """Return what *text* names; None where it names no item."""
    if text.startswith(("http://", "https://")):
        return ItemUrl(text) if _port(text) else None
    if match := _REFERENCE.fullmatch(text):
        return Reference(match["namespace"], int(match["iid"]))
    if match := _NAME.fullmatch(text):
        return ItemKey(match["engagement"], match["key"] or EPIC)
    return None


def _port(url: str) -> int | None:
    """Return the port of an address; None where the address is not well-formed."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return port or (443 if parts.scheme == "https" else 80)

"""Work items as GitLab shows them, for pure tests of identity."""

import itertools
from typing import Any

from psbot.core.model.work_item import Author, WorkItem
from psbot.core.text.marker import Marker
from tests.support.builders import GROUP, INTERNAL, SHARED

BOT = Author("psbot-bot", is_machine=True)
PAUL = Author("paul")
CUSTOMER = Author("ada")
GHOST = Author("ghost-user", is_ghost=True)
ENGAGEMENT = "acme-sow-142"
_numbers = itertools.count(100)


def epic(author: Author | None = BOT, *, number: int | None = None, **fields: Any) -> WorkItem:
    """Return an epic with the engagement's marker."""
    return work_item("epic", author, place=GROUP, number=number, is_epic=True, **fields)


def work_item(
    key: str | None,
    author: Author | None = BOT,
    *,
    parent: WorkItem | None = None,
    place: str | None = None,
    label: str | None = None,
    number: int | None = None,
    memory: dict[str, str] | None = None,
    **fields: Any,
) -> WorkItem:
    """Return a work item: with the marker of *key*, or without a marker for None; *label* is its kind label."""
    number = number or next(_numbers)
    name = label or (key or "").partition("/")[0]
    default = INTERNAL if name in ("log", "change-request") else SHARED
    values: dict[str, object] = {
        "gid": f"gid://gitlab/WorkItem/{number}",
        "iid": number,
        "namespace": place or default,
        "title": key or "Untitled",
        "description": f"{Marker(ENGAGEMENT, key, memory or {})}\nText.\n" if key else "Text.\n",
        "author": author,
        "labels": frozenset({f"ps-kind::{label}"}) if label else frozenset(),
        "parent": parent.gid if parent else None,
    }
    return WorkItem(**(values | fields))  # type: ignore[arg-type]

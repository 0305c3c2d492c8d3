"""Steps that the contract tests share."""

from datetime import date
from typing import Any

from psbot.core.model.work_item import Author, WorkItem
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.values import (
    ItemUpdate,
    NamespaceAccess,
    NewItem,
    PageRequest,
    WriteResult,
)
from tests.gitlab.stages import Stage
from tests.support.builders import GROUP, INTERNAL, LABEL_GROUP, SHARED

BOT = Author("psbot-bot", is_machine=True)


KICK_OFF, ENDS = date(2026, 12, 1), date(2027, 2, 26)


MISSING = "gid://gitlab/WorkItem/987654"


TODO, DOING, DONE = "ps-state::todo", "ps-state::doing", "ps-state::done"


EPIC_KIND, CALL_KIND = "ps-kind::engagement", "ps-kind::call"


def gid(written: WriteResult) -> str:
    assert written.refusal is None
    assert written.gid
    return written.gid


def place(stage: Stage, path: str) -> NamespaceAccess:
    found = stage.reader().fetch_access(GROUP, [SHARED, INTERNAL], LABEL_GROUP)
    seen = found.group if path == GROUP else found.projects[path]
    assert seen
    return seen


def new(stage: Stage, path: str, title: str, **fields: Any) -> NewItem:
    item_type = place(stage, path).item_type_gid
    assert item_type
    base: dict[str, Any] = {"description": f"About {title}", "labels": ()}
    return NewItem(path, item_type, title, is_epic=path == GROUP, **base | fields)


def made(stage: Stage, path: str, title: str, **fields: Any) -> str:
    (written,) = stage.writer.create_items([new(stage, path, title, **fields)])
    return gid(written)


def seen(stage: Stage, *gids: str) -> list[WorkItem]:
    (page,) = stage.reader().fetch_pages(GROUP, [PageRequest(ItemList.BY_ID, gids)])
    return list(page.items)


def update(stage: Stage, wanted: str, **fields: Any) -> WorkItem:
    (written,) = stage.writer.update_items([ItemUpdate(wanted, **fields)])
    assert gid(written) == wanted
    (found,) = seen(stage, wanted)
    return found


def clear_refusal(written: WriteResult) -> str:
    assert written.refusal
    assert (written.gid, written.is_unclear) == (None, False)
    return written.refusal

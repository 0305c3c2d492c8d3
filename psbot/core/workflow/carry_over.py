"""Open actions of one occurrence go into the next one, once; what people wrote is made inert on the way."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise

from psbot.core.model.item import Item
from psbot.core.model.process import Carries, Process, Repeat
from psbot.core.text import escape as inert
from psbot.core.text import marker as markers
from psbot.core.text.form import below

SECTION = "carried"
_MOST = 50
_TASK = re.compile(r"^[ \t]*[-*+][ \t]+\[ \][ \t]+(?P<text>\S.*)$")


def open_tasks(description: str, heading: str) -> tuple[str, ...]:
    """Return the unticked task items below *heading*, up to the next heading; code blocks and comments do not count."""
    tasks = [task["text"].strip() for line in below(description, heading) if (task := _TASK.match(line))]
    return tuple(tasks[:_MOST])


def carried(
    wanted: Iterable[Item], found: Mapping[str, Item], process: Process, today: date
) -> dict[str, Item]:
    """Return, by key, occurrences that get the open actions of the one before them, description changed.

    That is the next one of its kind that is not skipped, made or yet to be made (*wanted*), once the one before it is
    over. The marker remembers where they came from, so that nothing comes twice.
    """
    result: dict[str, Item] = {}
    known = {item.key: item for item in wanted} | dict(found)
    left_out = process.workflow.unwanted_state

    def is_held(item: Item) -> bool:
        return process.catalogue.value("state", item.labels) != left_out

    for kind in process.kinds.values():
        if kind.carries is None or kind.repeat is not Repeat.CALL:
            continue
        series = sorted(
            (item for item in known.values() if item.kind == kind.name and item.due_on and is_held(item)),
            key=lambda item: item.key,
        )
        for before, after in pairwise(series):
            if (
                _is_over(before, today)
                and _is_next(after, today)
                and (changed := _with_tasks(before, after, kind.carries))
            ):
                result[after.key] = changed
    return result


def _is_over(item: Item, today: date) -> bool:
    return not item.is_open or (item.due_on is not None and item.due_on < today)


def _is_next(item: Item, today: date) -> bool:
    return item.is_open and item.due_on is not None and item.due_on >= today


def _with_tasks(before: Item, after: Item, carries: Carries) -> Item | None:
    note = after.marker
    blanks = open_tasks(after.description, carries.below)  # of the form, or what is planned there already
    tasks = [each for each in open_tasks(before.description, carries.below) if each not in blanks]
    if note is None or SECTION in note.memory or SECTION in markers.damaged(after.description) or not tasks:
        return None
    if before.confidential > after.confidential or before.namespace.casefold() != after.namespace.casefold():
        return None  # not all who read the next one may read this
    lines = [
        f"**{carries.heading}** ({before.due_on})",
        "",
        *(f"- [ ] {inert.inert(task)}" for task in tasks),
    ]
    text = markers.with_section(after.description, SECTION, "\n".join(lines) + "\n")
    return replace(after, description=markers.write(text, note.remembering({SECTION: before.key})))

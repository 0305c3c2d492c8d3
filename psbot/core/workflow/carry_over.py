"""Carries open tasks of one call over into the next one, once, with their Markdown escaped."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise

from psbot.core.model.item import Item
from psbot.core.model.process import CarryOver, Process, Repeat
from psbot.core.text import escape, marker
from psbot.core.text.form import lines_below

CARRIED_SECTION = "carried"
_MAX_TASKS = 50
_TASK = re.compile(r"^[ \t]*[-*+][ \t]+\[ \][ \t]+(?P<text>\S.*)$")


def open_tasks(description: str, heading: str) -> tuple[str, ...]:
    """Return the open tasks below *heading*, up to the next heading, outside code blocks and comments, unescaped."""
    tasks = [
        escape.unescape(task["text"])
        for line in lines_below(description, heading)
        if (task := _TASK.match(line))
    ]
    return tuple(tasks[:_MAX_TASKS])


def carry_over_tasks(
    desired: Iterable[Item], observed: Mapping[str, Item], process: Process, today: date
) -> dict[str, Item]:
    """Return, by key, the occurrences that get the open tasks of the one before them, with the new description.

    That is the next one of its kind that is not skipped, existing or about to be created (*desired*), once the
    previous one is past. The marker records where the tasks came from, so nothing is carried over twice.
    """
    result: dict[str, Item] = {}
    items = {item.key: item for item in desired} | dict(observed)
    skipped = process.workflow.unwanted_state

    def takes_place(item: Item) -> bool:
        return process.catalogue.value("state", item.labels) != skipped

    for kind in process.kinds.values():
        if kind.carries is None or kind.repeat is not Repeat.CALL:
            continue
        series = sorted(
            (item for item in items.values() if item.kind == kind.name and item.due_on and takes_place(item)),
            key=lambda item: item.key,
        )
        for before, after in pairwise(series):
            if (
                _is_past(before, today)
                and _is_upcoming(after, today)
                and (changed := _with_tasks(before, after, kind.carries))
            ):
                result[after.key] = changed
    return result


def _is_past(item: Item, today: date) -> bool:
    return not item.is_open or (item.due_on is not None and item.due_on < today)


def _is_upcoming(item: Item, today: date) -> bool:
    return item.is_open and item.due_on is not None and item.due_on >= today


def _with_tasks(before: Item, after: Item, carry_over: CarryOver) -> Item | None:
    after_marker = after.marker
    known = open_tasks(after.description, carry_over.below)  # of the template, or planned there already
    tasks = [each for each in open_tasks(before.description, carry_over.below) if each not in known]
    if (
        after_marker is None
        or CARRIED_SECTION in after_marker.memory
        or CARRIED_SECTION in marker.damaged_sections(after.description)
        or not tasks
    ):
        return None
    if before.confidential > after.confidential or before.namespace.casefold() != after.namespace.casefold():
        return None  # not everybody who reads the next one may read this one
    lines = [
        f"**{carry_over.heading}** ({before.due_on})",
        "",
        *(f"- [ ] {escape.escape_markdown(task)}" for task in tasks),
    ]
    text = marker.with_section(after.description, CARRIED_SECTION, "\n".join(lines) + "\n")
    return replace(after, description=text).with_memory(
        after_marker.engagement, {CARRIED_SECTION: before.key}
    )

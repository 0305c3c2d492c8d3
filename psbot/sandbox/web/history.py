"""What happened to an item, as the person may read it: comments, and changes drawn together."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from psbot.sandbox.rules import notes as commenting
from psbot.sandbox.state.accounts import User
from psbot.sandbox.state.model import Note, WorkItem
from psbot.sandbox.web.chips import chip
from psbot.sandbox.web.visit import Visit

# Changes of one account that follow each other within this time are one entry.
_TOGETHER = timedelta(minutes=1)
_LABEL = re.compile(r"~(\d+)")


@dataclass(frozen=True, slots=True)
class Line:
    """One change; the anchor is its note's."""

    anchor: str
    text: Markup


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment, which has a text, or changes that one account made together."""

    author: User
    at: datetime
    lines: tuple[Line, ...]
    is_comment: bool = False
    is_internal: bool = False
    is_reply: bool = False
    is_edited: bool = False


def history(visit: Visit, item: WorkItem) -> list[Entry]:
    """Return the entries, oldest first; replies stand below what they answer."""
    entries: list[Entry] = []
    for note, is_reply in _in_order(visit, item):
        entry = _entry(visit, note, is_reply=is_reply)
        last = entries[-1] if entries else None
        if last is not None and _belongs(last, entry):
            entries[-1] = Entry(last.author, last.at, (*last.lines, *entry.lines))
        else:
            entries.append(entry)
    return entries


def _in_order(visit: Visit, item: WorkItem) -> Iterator[tuple[Note, bool]]:
    for discussion in commenting.discussions(commenting.visible_notes(visit.world, visit.viewer, item)):
        for number, note in enumerate(discussion):
            yield note, number > 0


def _belongs(last: Entry, entry: Entry) -> bool:
    is_change = not (last.is_comment or entry.is_comment)
    return is_change and last.author is entry.author and entry.at - last.at < _TOGETHER


def _entry(visit: Visit, note: Note, *, is_reply: bool) -> Entry:
    place, anchor = note.item.namespace, f"note_{note.id}"
    if note.is_system:
        text = _labels(visit, note.body) if note.action == "label" else visit.line(note.body, place)
        return Entry(note.author, note.created_at, (Line(anchor, text),))
    return Entry(
        note.author,
        note.created_at,
        (Line(anchor, visit.text(note.body, place)),),
        is_comment=True,
        is_internal=note.is_internal,
        is_reply=is_reply,
        is_edited=note.last_edited_at is not None,
    )


def _labels(visit: Visit, body: str) -> Markup:
    """Return a label note, in which labels stand by their ids: added ones first, then those that gave way."""
    added, _, removed = body.partition("removed ")
    parts = [
        Markup("{} {}").format(verb, Markup(" ").join(chips))
        for verb, text in (("added", added), ("removed", removed))
        if (chips := [_chip(visit, int(number)) for number in _LABEL.findall(text)])
    ]
    return Markup(", ").join(parts)


def _chip(visit: Visit, number: int) -> Markup:
    label = visit.world.labels.get(number)
    return chip(label, visit.world) if label else Markup("<em>a deleted label</em>")

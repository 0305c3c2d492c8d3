"""The history of an item as the user may read it: comments and grouped changes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from psbot.sandbox.rules import notes
from psbot.sandbox.state.accounts import User
from psbot.sandbox.state.model import Note, WorkItem
from psbot.sandbox.web.chips import label_chip
from psbot.sandbox.web.visit import Visit

# Changes of one account within this time are shown as one entry.
_GROUPING_WINDOW = timedelta(minutes=1)
_LABEL_ID = re.compile(r"~(\d+)")


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change; the anchor is that of its note."""

    anchor: str
    text: Markup


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A comment, or the changes that one account made together."""

    author: User
    at: datetime
    lines: tuple[ChangeLine, ...]
    is_comment: bool = False
    is_internal: bool = False
    is_reply: bool = False
    is_edited: bool = False


def build_history(visit: Visit, item: WorkItem) -> list[HistoryEntry]:
    """Return the entries, oldest first; replies follow their comment."""
    entries: list[HistoryEntry] = []
    for note, is_reply in _notes_in_order(visit, item):
        entry = _history_entry(visit, note, is_reply=is_reply)
        previous = entries[-1] if entries else None
        if previous is not None and _can_be_merged(previous, entry):
            entries[-1] = HistoryEntry(previous.author, previous.at, (*previous.lines, *entry.lines))
        else:
            entries.append(entry)
    return entries


def _notes_in_order(visit: Visit, item: WorkItem) -> Iterator[tuple[Note, bool]]:
    for discussion in notes.group_by_discussion(notes.visible_notes(visit.world, visit.viewer, item)):
        for number, note in enumerate(discussion):
            yield note, number > 0


def _can_be_merged(previous: HistoryEntry, entry: HistoryEntry) -> bool:
    is_change = not (previous.is_comment or entry.is_comment)
    return is_change and previous.author is entry.author and entry.at - previous.at < _GROUPING_WINDOW


def _history_entry(visit: Visit, note: Note, *, is_reply: bool) -> HistoryEntry:
    place, anchor = note.item.namespace, f"note_{note.id}"
    if note.is_system:
        text = (
            _label_note_html(visit, note.body)
            if note.action == "label"
            else visit.render_line(note.body, place)
        )
        return HistoryEntry(note.author, note.created_at, (ChangeLine(anchor, text),))
    return HistoryEntry(
        note.author,
        note.created_at,
        (ChangeLine(anchor, visit.render_text(note.body, place)),),
        is_comment=True,
        is_internal=note.is_internal,
        is_reply=is_reply,
        is_edited=note.last_edited_at is not None,
    )


def _label_note_html(visit: Visit, body: str) -> Markup:
    """Return the HTML of a label note: added labels first, then removed ones."""
    added, _, removed = body.partition("removed ")
    parts = [
        Markup("{} {}").format(verb, Markup(" ").join(chips))
        for verb, text in (("added", added), ("removed", removed))
        if (chips := [_chip_by_id(visit, int(number)) for number in _LABEL_ID.findall(text)])
    ]
    return Markup(", ").join(parts)


def _chip_by_id(visit: Visit, number: int) -> Markup:
    label = visit.world.labels.get(number)
    return label_chip(label, visit.world) if label else Markup("<em>a deleted label</em>")

"""Label and state events, parsed from GitLab's system notes.

GitLab keeps label and state changes as events and shows them as system notes: ``added ~12 label and removed ~13
label``, ``closed``, ``reopened`` (GitLab, app/models/label_note.rb and state_note.rb). A label is given by its id,
after a path where it belongs to another group. A deleted label has no title any more.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from psbot.core.model.history import History, LabelEvent, StateEvent
from psbot.core.model.work_item import Author

_LABEL_CHANGE = re.compile(
    r"(?P<verb>added|automatically removed|removed)\b(?P<names>.*?)\blabels?\b", re.DOTALL
)
_LABEL = re.compile(r"~(?P<id>[0-9]{1,18})\b")
# The path before a label of another group; it may have the word "label" in it, and is not needed: ids are unique.
_LABEL_PATH = re.compile(r"(?<![\w./-])[\w./-]+(?=~[0-9])")
_SEPARATORS = re.compile(r"[\s,]*(?:and)?[\s,]*")
_OPEN_ACTIONS = ("opened", "reopened")
_CLOSE_ACTIONS = ("closed", "merged")


class SystemNoteKind(Enum):
    """The kinds of system notes that psbot distinguishes."""

    LABEL = "label"
    OPENED = "opened"
    CLOSED = "closed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SystemNote:
    """One system note; ``action`` is GitLab's name for what it is about, None where it has none."""

    body: str
    action: str | None
    author: Author | None
    at: datetime

    @property
    def kind(self) -> SystemNoteKind:
        """Return what the note is about, by its action or, without one, by its text."""
        word = self.action or self.body.partition(" ")[0]
        if self.action == "label" or (self.action is None and _is_label_note(self.body)):
            return SystemNoteKind.LABEL
        if word in _OPEN_ACTIONS:
            return SystemNoteKind.OPENED
        return SystemNoteKind.CLOSED if word in _CLOSE_ACTIONS else SystemNoteKind.OTHER


def parse_history(
    key: str, notes: list[SystemNote], titles: Mapping[str, str], *, is_complete: bool
) -> History:
    """Return the history of the item *key* from its system notes, oldest first.

    *titles* are titles by the number of the label. A note that cannot be read makes the history incomplete.
    """
    labels: list[LabelEvent] = []
    states: list[StateEvent] = []
    is_unreadable = False
    for note in notes:
        match note.kind:
            case SystemNoteKind.LABEL:
                changes = None if (read := _parse_label_changes(note.body)) is None else list(read)
                is_unreadable = is_unreadable or changes is None
                labels += [
                    LabelEvent(key, titles[number], is_added, note.author, note.at)
                    for number, is_added in changes or ()
                    if number in titles
                ]
            case SystemNoteKind.OPENED | SystemNoteKind.CLOSED:
                states.append(StateEvent(key, note.kind is SystemNoteKind.OPENED, note.author, note.at))
            case SystemNoteKind.OTHER:
                pass
    is_complete = is_complete and not is_unreadable
    return History(tuple(labels), tuple(states), is_complete, is_unreadable=is_unreadable)


def _parse_label_changes(body: str) -> Iterator[tuple[str, bool]] | None:
    """Return numbers of labels, each with whether it was added; None where the note has another form."""
    body = _LABEL_PATH.sub("", body)
    parts = list(_LABEL_CHANGE.finditer(body))
    named = sum(part["names"].count("~") for part in parts)
    if not parts or _SEPARATORS.sub("", _LABEL_CHANGE.sub("", body)) or named != len(_LABEL.findall(body)):
        return None
    return (
        (label["id"], part["verb"] == "added")
        for part in sorted(parts, key=lambda part: part["verb"] == "added")
        for label in _LABEL.finditer(part["names"])
    )


def _is_label_note(body: str) -> bool:
    return _LABEL_CHANGE.match(_LABEL_PATH.sub("", body)) is not None

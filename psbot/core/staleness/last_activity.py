"""When a person last acted on an item.

The answer is a range if not everything is known: what is unknown counts neither as activity nor as inactivity.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psbot.core.model.history import CREATION_WINDOW, History, NoteEvent
from psbot.core.model.item import Item, NewestNote
from psbot.core.model.process import Process
from psbot.core.model.work_item import is_machine

# GitLab writes the note of a change and the item's ``updated_at`` one after the other, within one request.
_SAME_REQUEST = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class LastActivity:
    """When a person last acted: between ``earliest`` and ``latest``; ``username`` is who, if known.

    An item on which nobody has acted yet counts from its creation; ``username`` is None then.
    """

    earliest: datetime
    latest: datetime
    username: str | None = None

    @property
    def is_exact(self) -> bool:
        """Tell whether the time is known exactly."""
        return self.earliest == self.latest


def last_activity(item: Item, history: History | None, process: Process) -> LastActivity:
    """Return when a person last acted on *item*; *history* is None if it was not or could not be read.

    Without a history, the newest note and the time of the last change give the range. Raises ``ValueError`` for an
    item that is not in GitLab.
    """
    if item.created_at is None or item.updated_at is None:
        raise ValueError(f"{item.key} was not observed")
    acts = history.notes if history else None
    if acts is None:
        return _from_item(item, item.created_at, item.updated_at, process)
    people = [act for act in acts if _is_human(act, process)]
    newest = max(people, key=lambda act: act.at, default=None)
    earliest = max(newest.at, item.created_at) if newest else item.created_at
    latest = max([earliest, *(act.at for act in acts if _may_be_human(act))])
    if history is None or not history.has_all_notes:
        latest = max(latest, item.updated_at)
    return LastActivity(earliest, latest, _username(newest))


def _from_item(item: Item, made_at: datetime, updated_at: datetime, process: Process) -> LastActivity:
    note = item.newest_note
    if note is not None and note.username is not None and _is_human_note(note, process):
        at = max(note.at, made_at)
        is_last = updated_at - note.at <= _SAME_REQUEST
        return LastActivity(at, at if is_last else max(at, updated_at), note.username)
    if updated_at - made_at <= CREATION_WINDOW:
        return LastActivity(made_at, made_at)
    return LastActivity(made_at, updated_at)


def _is_human_note(note: NewestNote, process: Process) -> bool:
    return not (note.is_machine or note.is_mention or note.username in process.machine_accounts)


def _is_human(event: NoteEvent, process: Process) -> bool:
    author = event.author
    if author is None or author.is_ghost or event.is_mention:
        return False
    return not is_machine(author, process)


def _may_be_human(event: NoteEvent) -> bool:
    """Tell whether the account was deleted, so that nobody can say whether it was a person's."""
    return (event.author is None or event.author.is_ghost) and not event.is_mention


def _username(event: NoteEvent | None) -> str | None:
    return event.author.username if event and event.author else None

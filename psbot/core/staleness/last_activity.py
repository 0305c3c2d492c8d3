"""The activity clock: when a person last acted, and the business days since on which the clock ran.

What is not known widens a range; nothing unknown is ever taken for activity, nor for silence.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psbot.core.model.history import MAKING, Act, History
from psbot.core.model.item import Item, NewestNote
from psbot.core.model.process import Process
from psbot.core.model.work_item import is_machine

# GitLab writes the note of a change and the time of the item's last change within one request, one after the other.
_AT_ONCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Last:
    """When a person last acted: not before ``earliest`` and not after ``latest``; ``by`` is who, where it is known.

    An item on which nobody has acted yet counts from when it was made; ``by`` is None then.
    """

    earliest: datetime
    latest: datetime
    by: str | None = None

    @property
    def is_exact(self) -> bool:
        """Tell whether it is known to the instant."""
        return self.earliest == self.latest


def last_acted(item: Item, history: History | None, process: Process) -> Last:
    """Return when a person last acted on *item*; *history* is None where it was not read, or could not be.

    Without a history, the newest note and the time of the last change say between which instants it was. Raises
    ``ValueError`` for an item that GitLab does not have.
    """
    if item.made_at is None or item.updated_at is None:
        raise ValueError(f"{item.key} was not observed")
    acts = history.acts if history else None
    if acts is None:
        return _by_list(item, item.made_at, item.updated_at, process)
    people = [act for act in acts if _is_persons(act, process)]
    newest = max(people, key=lambda act: act.at, default=None)
    earliest = max(newest.at, item.made_at) if newest else item.made_at
    latest = max([earliest, *(act.at for act in acts if _may_be_persons(act))])
    if history is None or not history.is_whole:
        latest = max(latest, item.updated_at)
    return Last(earliest, latest, _name(newest))


def _by_list(item: Item, made_at: datetime, updated_at: datetime, process: Process) -> Last:
    note = item.newest
    if note is not None and note.username is not None and _is_by_person(note, process):
        at = max(note.at, made_at)
        is_last = updated_at - note.at <= _AT_ONCE
        return Last(at, at if is_last else max(at, updated_at), note.username)
    if updated_at - made_at <= MAKING:
        return Last(made_at, made_at)
    return Last(made_at, updated_at)


def _is_by_person(note: NewestNote, process: Process) -> bool:
    return not (note.is_machine or note.is_mention or note.username in process.machine_accounts)


def _is_persons(act: Act, process: Process) -> bool:
    author = act.author
    if author is None or author.is_ghost or act.is_mention:
        return False
    return not is_machine(author, process)


def _may_be_persons(act: Act) -> bool:
    """Tell whether the account is gone, so that nobody can tell whether it was a person's."""
    return (act.author is None or act.author.is_ghost) and not act.is_mention


def _name(act: Act | None) -> str | None:
    return act.author.username if act and act.author else None

"""Whether a person has acted on an item, judged by who wrote its notes; GitLab notes every change with its author."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psbot.core.identity import Author, is_machine
from psbot.core.model import Touch
from psbot.core.process import Process

# What GitLab itself notes while an item is made (labels, dates) follows within one request, which it cuts at 60 s.
MAKING = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Act:
    """One note on an item: ``is_system`` tells that GitLab wrote it about a change that *author* made.

    ``is_mention`` tells that the change was made elsewhere: another item mentions this one.
    """

    author: Author | None
    at: datetime
    is_system: bool
    is_mention: bool = False


@dataclass(frozen=True, slots=True)
class Activity:
    """What was done to an item; ``is_complete`` tells that no note is missing."""

    made_by: Author | None
    made_at: datetime
    acts: tuple[Act, ...] = ()
    edited_by: Author | None = None
    is_complete: bool = True


def touch(activity: Activity | None, process: Process) -> Touch:
    """Return whether a person has acted on an item since it was made; None is an item that could not be read."""
    if activity is None:
        return Touch.UNKNOWN
    if activity.edited_by is not None and not is_machine(activity.edited_by, process):
        return Touch.YES
    if any(_is_persons(act, activity, process) for act in activity.acts):
        return Touch.YES
    return Touch.NO if activity.is_complete else Touch.UNKNOWN


def _is_persons(act: Act, activity: Activity, process: Process) -> bool:
    if act.author is not None and is_machine(act.author, process):
        return False
    made_by_them = activity.made_by is not None and act.author == activity.made_by
    is_of_the_making = made_by_them and act.is_system and act.at - activity.made_at <= MAKING
    return not is_of_the_making

"""Whether a person has acted on an item, judged by who wrote its notes; GitLab notes every change with its author."""

from psbot.core.model.history import MAKING, Act, Activity
from psbot.core.model.item import Touch
from psbot.core.model.process import Process
from psbot.core.model.work_item import is_machine


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

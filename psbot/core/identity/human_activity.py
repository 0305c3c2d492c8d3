"""Whether a person has acted on an item, judged by who wrote its notes; GitLab notes every change with its author."""

from psbot.core.model.history import CREATION_WINDOW, Activity, NoteEvent
from psbot.core.model.item import HumanActivity
from psbot.core.model.process import Process
from psbot.core.model.work_item import is_machine


def human_activity(activity: Activity | None, process: Process) -> HumanActivity:
    """Return whether a person has acted on an item since it was made; None is an item that could not be read."""
    if activity is None:
        return HumanActivity.UNKNOWN
    if activity.edited_by is not None and not is_machine(activity.edited_by, process):
        return HumanActivity.YES
    if any(_is_by_human(act, activity, process) for act in activity.notes):
        return HumanActivity.YES
    return HumanActivity.NO if activity.has_all_notes else HumanActivity.UNKNOWN


def _is_by_human(event: NoteEvent, activity: Activity, process: Process) -> bool:
    if event.author is not None and is_machine(event.author, process):
        return False
    made_by_them = activity.created_by is not None and event.author == activity.created_by
    is_of_the_making = made_by_them and event.is_system and event.at - activity.created_at <= CREATION_WINDOW
    return not is_of_the_making

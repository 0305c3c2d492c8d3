"""Whether a person has edited an item since psbot created it, by the authors of its notes.

GitLab writes a note with its author for every change.
"""

from psbot.core.model.history import CREATION_WINDOW, Activity, NoteEvent
from psbot.core.model.item import HumanActivity
from psbot.core.model.process import Process
from psbot.core.model.work_item import is_machine


def human_activity(activity: Activity | None, process: Process) -> HumanActivity:
    """Return whether a person has edited an item since it was created; None is an item that could not be read."""
    if activity is None:
        return HumanActivity.UNKNOWN
    if activity.edited_by is not None and not is_machine(activity.edited_by, process):
        return HumanActivity.YES
    if any(_is_by_human(note, activity, process) for note in activity.notes):
        return HumanActivity.YES
    return HumanActivity.NO if activity.has_all_notes else HumanActivity.UNKNOWN


def _is_by_human(event: NoteEvent, activity: Activity, process: Process) -> bool:
    if event.author is not None and is_machine(event.author, process):
        return False
    is_by_creator = activity.created_by is not None and event.author == activity.created_by
    belongs_to_creation = (
        is_by_creator and event.is_system and event.at - activity.created_at <= CREATION_WINDOW
    )
    return not belongs_to_creation

"""What GitLab checks before it saves an item: texts, dates, confidentiality and parent."""

from psbot.sandbox.rules.hierarchy import check_parent
from psbot.sandbox.rules.item_changes import UNSET, ItemChange
from psbot.sandbox.rules.refusals import Invalid, Refusal
from psbot.sandbox.state.accounts import User
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.world import World

MAX_TITLE_LENGTH = 255
MAX_DESCRIPTION_BYTES = 1_048_576


def validate_texts(title: str | None, description: str | None) -> None:
    """Raise Invalid for a title or description that GitLab refuses."""
    errors: dict[str, list[str]] = {}
    if title is not None and not title.strip():
        errors["title"] = ["can't be blank"]
    if title is not None and len(title) > MAX_TITLE_LENGTH:
        errors["title"] = [f"is too long (maximum is {MAX_TITLE_LENGTH} characters)"]
    if description is not None and len(description.encode()) > MAX_DESCRIPTION_BYTES:
        errors["description"] = ["is too long (1 MiB). The maximum size is 1 MiB."]
    if errors:
        raise Invalid(errors)


def validate_dates(item: WorkItem, change: ItemChange) -> None:
    """Raise Invalid where an item other than an epic would be due before it starts.

    GitLab, app/models/issue.rb@0495e2c8 and ee/app/models/ee/work_item.rb@03147662.
    """
    start = item.start_on if change.start_on is UNSET else change.start_on
    due = item.due_on if change.due_on is UNSET else change.due_on
    is_changed = (start, due) != (item.start_on, item.due_on)
    if is_changed and not item.is_epic and start and due and due < start:
        raise Invalid({"due_date": ["must be greater than or equal to start date"]})


def _validate_confidentiality(item: WorkItem, change: ItemChange) -> None:
    """Raise Invalid where parent and child would not both be confidential (app/models/work_item.rb@121f9773)."""
    if change.confidential and not all(child.confidential for child in item.children):
        raise Invalid("All child items must be confidential in order to turn on confidentiality.")
    if change.confidential is False and item.parent is not None and item.parent.confidential:
        raise Invalid("A non-confidential work item cannot have a confidential parent.")


def find_refusal(world: World, user: User, item: WorkItem, change: ItemChange) -> Refusal | None:
    """Return why GitLab refuses to save *change*; None where it takes it."""
    try:
        validate_texts(change.title, change.description)
        validate_dates(item, change)
        if isinstance(change.parent, WorkItem) and change.parent is not item.parent:
            check_parent(world, user, item, change.parent)
        _validate_confidentiality(item, change)
    except Refusal as refusal:
        return refusal
    return None

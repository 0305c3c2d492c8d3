"""Milestones of groups and projects."""

from datetime import date

from psbot.sandbox.rules import access
from psbot.sandbox.rules.refusals import Invalid
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.labels import Milestone
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.world import World

MAX_TITLE_LENGTH = 255


def list_milestones(world: World, namespaces: list[Namespace]) -> list[Milestone]:
    """Return the milestones of *namespaces* by due date; those without one come last."""
    inside = {place.namespace_id for place in namespaces}
    found = [one for one in world.milestones.values() if one.namespace.namespace_id in inside]
    return sorted(found, key=lambda one: (one.due_on is None, one.due_on or date.min, one.id))


def create_milestone(world: World, user: User, namespace: Namespace, title: str) -> Milestone:
    """Create a milestone. Raises Forbidden and Invalid."""
    access.require(access.can_manage_labels(world, user, namespace))
    text = _validate_title(world, namespace, title)
    number = world.next_id(f"milestone iid {namespace.namespace_id}")
    milestone = Milestone(world.next_id("milestone"), number, namespace, text, world.record_write())
    world.milestones[milestone.id] = milestone
    return milestone


def rename_milestone(world: World, milestone: Milestone, title: str) -> None:
    """Change the title of a milestone. Raises Invalid."""
    if title.strip() != milestone.title:
        milestone.title = _validate_title(world, milestone.namespace, title)


def _validate_title(world: World, namespace: Namespace, title: str) -> str:
    text = title.strip()
    if not text:
        raise Invalid({"title": ["can't be blank"]})
    if len(text) > MAX_TITLE_LENGTH:
        raise Invalid({"title": [f"is too long (maximum is {MAX_TITLE_LENGTH} characters)"]})
    if any(one.title == text for one in list_milestones(world, [namespace])):
        raise Invalid({"title": ["already being used for another group or project milestone."]})
    return text


def milestone_items(world: World, user: User | None, milestone: Milestone) -> list[WorkItem]:
    """Return the items with the milestone that the user may see, the newest first."""
    found = [one for one in world.items.values() if one.milestone is milestone]
    return [one for one in reversed(found) if access.can_read(world, user, one)]


def delete_milestone(world: World, user: User, milestone: Milestone) -> None:
    """Delete a milestone; it is removed from items without a note."""
    access.require(access.can_manage_labels(world, user, milestone.namespace))
    for item in world.items.values():
        if item.milestone is milestone:
            item.milestone = None
    del world.milestones[milestone.id]
    world.record_write()

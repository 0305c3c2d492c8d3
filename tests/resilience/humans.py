"""What people do in GitLab while psbot is at work."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import update_item
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.world import World
from tests.resilience.checks import Dump, marker_of, require
from tests.resilience.race import Touched

LABEL = "urgent"
WORDS = "Ada asks for a later start."
TITLE = "As agreed with Ada"
DUE_ON = date(2027, 1, 15)
ASSIGNEE = "pia"
FIELDS: dict[str, Callable[[WorkItem], object]] = {
    "title": lambda item: item.title,
    "due": lambda item: item.due_on and item.due_on.isoformat(),
    "assignees": lambda item: [user.username for user in item.assignees],
}


def found(world: World, key: str) -> WorkItem | None:
    """Return the oldest open item with a marker."""
    items = [item for item in world.items.values() if item.is_open and marker_of(item) == key]
    return min(items, key=lambda item: item.id, default=None)


def labelled(world: World, item: WorkItem) -> None:
    """Let maria put a label of the group's own on *item*."""
    group = world.namespaces["acme"]
    label = world.find_label(group, LABEL) or world.add_label(group, LABEL)
    update_item(world, world.users["maria"], item, ItemChange(add_labels=(label,)))


def worked_on(world: World, item: WorkItem) -> Touched:
    """Let maria put a label on *item*, tick its first task and add a sentence at the end."""
    labelled(world, item)
    text = item.description.replace("- [ ]", "- [x]", 1) + f"\n{WORDS}\n"
    update_item(world, world.users["maria"], item, ItemChange(description=text))
    tick = next((line for line in text.splitlines() if line.startswith("- [x]")), "")
    return Touched(item.reference, LABEL, WORDS, tick)


def require_label(item: WorkItem) -> None:
    """Require that the label is still on *item*."""
    require(LABEL in {label.title for label in item.labels}, f"{item.reference} lost {LABEL}")


@dataclass(frozen=True)
class Edited:
    """The fields of an item that a person has given other values, by their names in a dump."""

    item: WorkItem

    def check(self, fields: Collection[str] = tuple(FIELDS)) -> None:
        """Require that *fields* are still as the person left them."""
        left = {"title": TITLE, "due": DUE_ON.isoformat(), "assignees": [ASSIGNEE]}
        for field in fields:
            found = FIELDS[field](self.item)
            require(found == left[field], f"{self.item.reference} lost a person's {field}, and has {found}")


def edited(world: World, item: WorkItem) -> Edited:
    """Let maria give *item* another title, due date and assignee, as she would in GitLab."""
    change = ItemChange(
        title=TITLE,
        due_on=DUE_ON,
        assignees=(world.users[ASSIGNEE],),
        has_fixed_dates=True if item.is_epic else None,
    )
    update_item(world, world.users["maria"], item, change)
    return Edited(item)


def left_alone(item: WorkItem, expected: Dump) -> list[str]:
    """Return the fields of *item* that an undisturbed run does not write: they are in *expected* as they are now.

    The two dates of an item are written together.
    """
    (after,) = (each for each in expected["items"] if f"item={marker_of(item)} " in each["description"])
    start = item.start_on and item.start_on.isoformat()
    return [
        field
        for field, value in FIELDS.items()
        if value(item) == after[field] and not (field == "due" and start != after["start"])
    ]

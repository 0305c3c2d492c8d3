"""What people do in GitLab while psbot is at work."""

from psbot.sandbox.changes import Change
from psbot.sandbox.items import update_item
from psbot.sandbox.model import WorkItem
from psbot.sandbox.world import World
from tests.faults.checks import marker_of, require
from tests.faults.race import Touched

LABEL = "urgent"
WORDS = "Ada asks for a later start."


def found(world: World, key: str) -> WorkItem | None:
    """Return the oldest open item with a marker."""
    items = [item for item in world.items.values() if item.is_open and marker_of(item) == key]
    return min(items, key=lambda item: item.id, default=None)


def labelled(world: World, item: WorkItem) -> None:
    """Let maria put a label of the group's own on *item*."""
    group = world.namespaces["acme"]
    label = world.find_label(group, LABEL) or world.add_label(group, LABEL)
    update_item(world, world.users["maria"], item, Change(add_labels=(label,)))


def worked_on(world: World, item: WorkItem) -> Touched:
    """Let maria put a label on *item*, tick its first task and add a sentence at the end."""
    labelled(world, item)
    text = item.description.replace("- [ ]", "- [x]", 1) + f"\n{WORDS}\n"
    update_item(world, world.users["maria"], item, Change(description=text))
    tick = next((line for line in text.splitlines() if line.startswith("- [x]")), "")
    return Touched(item.reference, LABEL, WORDS, tick)


def require_label(item: WorkItem) -> None:
    """Require that the label is still on *item*."""
    require(LABEL in {label.title for label in item.labels}, f"{item.reference} lost {LABEL}")

"""Where a simulated life plays: the sandbox's world with the engagement's places and people, found by item key."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from psbot.core.model.process import EPIC, Process
from psbot.core.text import marker
from psbot.sandbox.state.accounts import Access, UserKind
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.seed import SERVICE_ACCOUNT, add_person, empty_world
from psbot.sandbox.state.world import World
from psbot.simulation.actions import Script
from psbot.simulation.engagement_file import Sheet

NEW_ENGINEER = "erin"  # who comes where nobody has said who the engineer is


class Stage:
    """A world, the engagement file as it stands, and the process that psbot follows there."""

    def __init__(self, sheet: Sheet, process: Process, now: datetime, script: Script) -> None:
        self.sheet = sheet
        self.process = process
        self.world = _world(sheet, now, script)

    def at(self, now: datetime) -> None:
        """Let it be *now*; the clock never goes back."""
        with self.world.lock:
            self.world.clock.set(max(now, self.world.clock.now()))
            self.world.changed()

    def items(self) -> dict[str, WorkItem]:
        """Return the engagement's items by key; of several with one key, the open one that was made first."""
        found: dict[str, WorkItem] = {}
        for item in sorted(self.world.items.values(), key=lambda each: (not each.is_open, each.id)):
            note = marker.read(item.description)
            if note and note.engagement == self.sheet.engagement.key and item.moved_to is None:
                found.setdefault(note.item, item)
        return found

    def due_of(self, key: str) -> date | None:
        """Return an item's due date; None where there is none, or no such item."""
        item = self.items().get(key)
        return item.due_on if item else None

    def value(self, purpose: str, item: WorkItem) -> str | None:
        """Return the value of the one label that *item* has for *purpose*."""
        return self.process.catalogue.value(purpose, {label.title for label in item.labels})

    @property
    def phase(self) -> str | None:
        """Return the phase that the epic shows."""
        epic = self.items().get(EPIC)
        return self.value("phase", epic) if epic else None


def _world(sheet: Sheet, now: datetime, script: Script) -> World:
    """Return a world with the places and people of the engagement, as everyday GitLab would have them."""
    engagement, world = sheet.engagement, empty_world(now)
    places = engagement.gitlab
    label_group = world.add_path(places.label_group, is_group=True)
    group = world.add_path(places.group, is_group=True)
    project = world.add_path(places.project, is_group=False)
    world.add_path(places.internal, is_group=False)
    bot = add_person(world, SERVICE_ACCOUNT, "psbot", UserKind.SERVICE_ACCOUNT)
    world.add_member(label_group, bot, Access.MAINTAINER)
    staff = dict.fromkeys([NEW_ENGINEER, *_named(sheet.data)])
    for edit in script.edits():
        staff |= dict.fromkeys(_named(edit.value))
    for name in staff:
        role = Access.MAINTAINER if name == engagement.manager else Access.DEVELOPER
        world.add_member(group, add_person(world, name, name.capitalize()), role)
    for name in sorted(
        {each.deed.who for each in script.entries} - staff.keys() - {SERVICE_ACCOUNT, "psbot"}
    ):
        world.add_member(project, add_person(world, name, name.capitalize()), Access.REPORTER)
    return world


def _named(data: Mapping[str, Any]) -> Iterable[str]:
    """Return the usernames under ``people:``."""
    people = data.get("people") or {}
    return [name for each in people.values() for name in (each if isinstance(each, list) else [each]) if name]

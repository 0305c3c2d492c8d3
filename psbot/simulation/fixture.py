"""The sandbox of a simulation: the engagement's groups, projects and people, and its items by key."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from psbot.core.model.engagement import Engagement
from psbot.core.model.process import EPIC, Process
from psbot.core.text import marker
from psbot.sandbox.state.accounts import AccessLevel, UserKind
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.seed import SERVICE_ACCOUNT, add_user_with_token, empty_world
from psbot.sandbox.state.world import World
from psbot.simulation.actions import Script
from psbot.simulation.engagement_file import EngagementText

NEW_ENGINEER = "erin"  # joins an engagement that names no engineer


class Fixture:
    """The sandbox world, the current engagement file, and the process of config/."""

    def __init__(
        self, engagement_text: EngagementText, process: Process, now: datetime, script: Script
    ) -> None:
        self.engagement_text = engagement_text
        self.process = process
        self.world = _build_world(engagement_text, now, script)

    @property
    def engagement(self) -> Engagement:
        """Return the engagement that the current file describes."""
        return self.engagement_text.engagement

    def set_clock(self, now: datetime) -> None:
        """Set the sandbox's clock to *now*; it never goes back."""
        with self.world.lock:
            self.world.clock.set(max(now, self.world.clock.now()))
            self.world.invalidate()

    def items(self) -> dict[str, WorkItem]:
        """Return the engagement's items by key; of duplicates, the open one that was created first."""
        found: dict[str, WorkItem] = {}
        for item in sorted(self.world.items.values(), key=lambda each: (not each.is_open, each.id)):
            found_marker = marker.parse_marker(item.description)
            if found_marker and found_marker.engagement == self.engagement.key and item.moved_to is None:
                found.setdefault(found_marker.item, item)
        return found

    def due_date_of(self, key: str) -> date | None:
        """Return an item's due date; None if it has none or does not exist."""
        item = self.items().get(key)
        return item.due_on if item else None

    def label_value(self, purpose: str, item: WorkItem) -> str | None:
        """Return the value of the only label that *item* has for *purpose*."""
        return self.process.catalogue.value(purpose, {label.title for label in item.labels})

    @property
    def phase(self) -> str | None:
        """Return the phase that the epic shows."""
        epic = self.items().get(EPIC)
        return self.label_value("phase", epic) if epic else None


def _build_world(engagement_text: EngagementText, now: datetime, script: Script) -> World:
    """Return a world with the groups, projects and people of the engagement and their usual roles."""
    engagement, world = engagement_text.engagement, empty_world(now)
    places = engagement.gitlab
    label_group = world.ensure_namespace(places.label_group, is_group=True)
    group = world.ensure_namespace(places.group, is_group=True)
    project = world.ensure_namespace(places.project, is_group=False)
    world.ensure_namespace(places.internal, is_group=False)
    bot = add_user_with_token(world, SERVICE_ACCOUNT, "psbot", UserKind.SERVICE_ACCOUNT)
    world.add_member(label_group, bot, AccessLevel.MAINTAINER)
    staff = dict.fromkeys([NEW_ENGINEER, *_usernames(engagement_text.data)])
    for edit in script.file_edits():
        staff |= dict.fromkeys(_usernames(edit.value))
    for name in staff:
        level = AccessLevel.MAINTAINER if name == engagement.manager else AccessLevel.DEVELOPER
        world.add_member(group, add_user_with_token(world, name, name.capitalize()), level)
    actors = {each.action.username for each in script.actions}
    for name in sorted(actors - staff.keys() - {SERVICE_ACCOUNT, "psbot"}):
        world.add_member(project, add_user_with_token(world, name, name.capitalize()), AccessLevel.REPORTER)
    return world


def _usernames(data: Mapping[str, Any]) -> Iterable[str]:
    """Return the usernames under ``people:``."""
    people = data.get("people") or {}
    return [name for each in people.values() for name in (each if isinstance(each, list) else [each]) if name]

"""Carries out people's actions in the sandbox with their own permissions."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date

from psbot.core.model.process import EPIC, PlaceKind
from psbot.core.text import marker
from psbot.errors import PsbotError
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import create_item, update_item
from psbot.sandbox.rules.notes import create_note
from psbot.sandbox.rules.refusals import Refusal
from psbot.sandbox.state.accounts import User
from psbot.sandbox.state.labels import Label
from psbot.sandbox.state.model import ItemType, WorkItem
from psbot.sandbox.state.world import World
from psbot.simulation.actions import Action, Verb
from psbot.simulation.fixture import Fixture


def perform(fixture: Fixture, action: Action) -> str:
    """Perform the action and describe it. Raises Refusal if GitLab refuses, PsbotError for a bad edit."""
    with fixture.world.lock:
        user = fixture.world.user(action.username)
        if user is None:
            raise PsbotError(
                f"unknown user {action.username}", "use a username listed under `people:` or in the script"
            )
        if action.verb is Verb.EDIT:
            fixture.engagement_text = fixture.engagement_text.with_changes(action.value, fixture.process)
            return f"edits the engagement file: {json.dumps(action.value)}"
        if action.verb is Verb.OPEN:
            return _open(fixture, user, action)
        return _PERFORMERS[action.verb](fixture, user, fixture.items()[action.item], action)


def is_possible(fixture: Fixture, action: Action) -> bool:
    """Tell whether the item of an action exists."""
    return action.verb in (Verb.EDIT, Verb.OPEN, Verb.REST) or action.item in fixture.items()


def _close(fixture: Fixture, user: User, item: WorkItem, _: Action) -> str:
    update_item(fixture.world, user, item, ItemChange(is_open=False))
    return "closes the item"


def _reopen(fixture: Fixture, user: User, item: WorkItem, _: Action) -> str:
    update_item(fixture.world, user, item, ItemChange(is_open=True))
    return "reopens the item"


def _label(fixture: Fixture, user: User, item: WorkItem, action: Action) -> str:
    titles = [fixture.process.catalogue.title(purpose, value) for purpose, value in action.value.items()]
    update_item(fixture.world, user, item, ItemChange(add_labels=_labels(fixture.world, item, titles)))
    return f"adds {_quantified(titles)}"


def _unlabel(fixture: Fixture, user: User, item: WorkItem, action: Action) -> str:
    scope = fixture.process.catalogue.scopes[action.value].name
    removed = tuple(label for label in item.labels if label.scope == scope)
    update_item(fixture.world, user, item, ItemChange(remove_labels=removed))
    return f"removes {_quantified([label.title for label in removed])}"


def _quantified(titles: list[str]) -> str:
    noun = "label" if len(titles) == 1 else "labels"
    return f"{noun} {', '.join(titles)}" if titles else "no label"


def _comment(fixture: Fixture, user: User, item: WorkItem, action: Action) -> str:
    create_note(fixture.world, user, item, action.value)
    return f"comments: {action.value}"


def _retitle(fixture: Fixture, user: User, item: WorkItem, action: Action) -> str:
    update_item(fixture.world, user, item, ItemChange(title=action.value))
    return f"changes the title to {action.value}"


def _reschedule(fixture: Fixture, user: User, item: WorkItem, action: Action) -> str:
    due_on = date.fromisoformat(action.value) if action.value else None
    update_item(fixture.world, user, item, ItemChange(due_on=due_on))
    return f"sets the due date to {action.value}" if action.value else "removes the due date"


def _assign(fixture: Fixture, user: User, item: WorkItem, action: Action) -> str:
    people = tuple(found for name in action.value if (found := fixture.world.user(name)))
    update_item(fixture.world, user, item, ItemChange(assignees=people))
    return f"assigns the item to {' and '.join(action.value)}" if action.value else "removes all assignees"


def _write(fixture: Fixture, user: User, item: WorkItem, action: Action) -> str:
    text = f"{item.description.rstrip()}\n{action.value}\n"
    update_item(fixture.world, user, item, ItemChange(description=text))
    return f"adds to the description: {action.value}"


def _tick(fixture: Fixture, user: User, item: WorkItem, action: Action) -> str:
    task = rf"^(\s*[-*] )\[ \](.*{re.escape(action.value)})"
    text, count = re.subn(task, r"\1[x]\2", item.description, count=1, flags=re.MULTILINE)
    if not count:
        raise Refusal(f"no open task contains {action.value}")
    update_item(fixture.world, user, item, ItemChange(description=text))
    return f"checks off {action.value}"


def _unmark(fixture: Fixture, user: User, item: WorkItem, _: Action) -> str:
    first, _newline, rest = item.description.partition("\n")
    text = rest if marker.parse_marker(f"{first}\n") else item.description
    update_item(fixture.world, user, item, ItemChange(description=text))
    return "removes psbot's marker"


def _open(fixture: Fixture, user: User, action: Action) -> str:
    kind, places = fixture.process.kinds[action.item], fixture.engagement_text.engagement.gitlab
    place = fixture.world.namespace(places.project if kind.place is PlaceKind.SHARED else places.internal)
    if place is None:
        raise PsbotError(
            f"cannot create {action.item}",
            "the project exists only after psbot has applied the engagement file",
        )
    made = create_item(
        fixture.world,
        user,
        place,
        ItemType.ISSUE,
        ItemChange(title=action.value, parent=fixture.items().get(EPIC)),
    )
    title = fixture.process.catalogue.title("kind", kind.name)
    update_item(fixture.world, user, made, ItemChange(add_labels=_labels(fixture.world, made, [title])))
    return f"opens {made.reference}, {action.value}"


def _labels(world: World, item: WorkItem, titles: list[str]) -> tuple[Label, ...]:
    return tuple(label for title in titles if (label := world.find_label(item.namespace, title)))


_PERFORMERS: Mapping[Verb, Callable[[Fixture, User, WorkItem, Action], str]] = {
    Verb.CLOSE: _close,
    Verb.REOPEN: _reopen,
    Verb.LABEL: _label,
    Verb.UNLABEL: _unlabel,
    Verb.COMMENT: _comment,
    Verb.RETITLE: _retitle,
    Verb.RESCHEDULE: _reschedule,
    Verb.ASSIGN: _assign,
    Verb.WRITE: _write,
    Verb.TICK: _tick,
    Verb.UNMARK: _unmark,
}

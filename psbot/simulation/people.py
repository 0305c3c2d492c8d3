"""People's deeds, done in the sandbox with their own rights: what GitLab refuses them, it refuses here."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date

from psbot.core.model.process import EPIC, PlaceKind
from psbot.core.text import marker
from psbot.errors import PsbotError
from psbot.sandbox.rules.item_changes import Change
from psbot.sandbox.rules.items import create_item, update_item
from psbot.sandbox.rules.notes import create_note
from psbot.sandbox.rules.refusals import Refusal
from psbot.sandbox.state.accounts import User
from psbot.sandbox.state.labels import Label
from psbot.sandbox.state.model import ItemType, WorkItem
from psbot.sandbox.state.world import World
from psbot.simulation.actions import Deed, Verb
from psbot.simulation.fixture import Stage


def act(stage: Stage, deed: Deed) -> str:
    """Do it and return what was done, in words. Raises Refusal where GitLab refuses, PsbotError for a bad edit."""
    with stage.world.lock:
        user = stage.world.user(deed.who)
        if user is None:
            raise PsbotError(f"nobody is called {deed.who}", "name somebody of people:, or of the script")
        if deed.verb is Verb.EDIT:
            stage.sheet = stage.sheet.edited(deed.value, stage.process)
            return f"edits the file: {json.dumps(deed.value)}"
        if deed.verb is Verb.OPEN:
            return _open(stage, user, deed)
        return _WAYS[deed.verb](stage, user, stage.items()[deed.item], deed)


def is_possible(stage: Stage, deed: Deed) -> bool:
    """Tell whether the item of a deed is there."""
    return deed.verb in (Verb.EDIT, Verb.OPEN, Verb.REST) or deed.item in stage.items()


def _close(stage: Stage, user: User, item: WorkItem, _: Deed) -> str:
    update_item(stage.world, user, item, Change(is_open=False))
    return "closes it"


def _reopen(stage: Stage, user: User, item: WorkItem, _: Deed) -> str:
    update_item(stage.world, user, item, Change(is_open=True))
    return "opens it again"


def _label(stage: Stage, user: User, item: WorkItem, deed: Deed) -> str:
    titles = [stage.process.catalogue.title(purpose, value) for purpose, value in deed.value.items()]
    update_item(stage.world, user, item, Change(add_labels=_labels(stage.world, item, titles)))
    return f"labels it {' '.join(titles)}"


def _unlabel(stage: Stage, user: User, item: WorkItem, deed: Deed) -> str:
    scope = stage.process.catalogue.scopes[deed.value].name
    gone = tuple(label for label in item.labels if label.scope == scope)
    update_item(stage.world, user, item, Change(remove_labels=gone))
    return f"takes {' '.join(label.title for label in gone) or 'nothing'} off"


def _comment(stage: Stage, user: User, item: WorkItem, deed: Deed) -> str:
    create_note(stage.world, user, item, deed.value)
    return f"comments: {deed.value}"


def _retitle(stage: Stage, user: User, item: WorkItem, deed: Deed) -> str:
    update_item(stage.world, user, item, Change(title=deed.value))
    return f"calls it {deed.value}"


def _reschedule(stage: Stage, user: User, item: WorkItem, deed: Deed) -> str:
    due_on = date.fromisoformat(deed.value) if deed.value else None
    update_item(stage.world, user, item, Change(due_on=due_on))
    return f"makes it due on {deed.value}" if deed.value else "takes its due date away"


def _assign(stage: Stage, user: User, item: WorkItem, deed: Deed) -> str:
    people = tuple(found for name in deed.value if (found := stage.world.user(name)))
    update_item(stage.world, user, item, Change(assignees=people))
    return f"gives it to {' and '.join(deed.value) or 'nobody'}"


def _write(stage: Stage, user: User, item: WorkItem, deed: Deed) -> str:
    text = f"{item.description.rstrip()}\n{deed.value}\n"
    update_item(stage.world, user, item, Change(description=text))
    return f"writes: {deed.value}"


def _tick(stage: Stage, user: User, item: WorkItem, deed: Deed) -> str:
    task = rf"^(\s*[-*] )\[ \](.*{re.escape(deed.value)})"
    text, count = re.subn(task, r"\1[x]\2", item.description, count=1, flags=re.MULTILINE)
    if not count:
        raise Refusal(f"there is no open task with the words {deed.value}")
    update_item(stage.world, user, item, Change(description=text))
    return f"ticks {deed.value}"


def _unmark(stage: Stage, user: User, item: WorkItem, _: Deed) -> str:
    first, _newline, rest = item.description.partition("\n")
    text = rest if marker.read(f"{first}\n") else item.description
    update_item(stage.world, user, item, Change(description=text))
    return "takes psbot's marker away"


def _open(stage: Stage, user: User, deed: Deed) -> str:
    kind, places = stage.process.kinds[deed.item], stage.sheet.engagement.gitlab
    place = stage.world.namespace(places.project if kind.place is PlaceKind.SHARED else places.internal)
    if place is None:
        raise PsbotError(f"there is no place for {deed.item}", "let psbot apply the file first")
    made = create_item(
        stage.world, user, place, ItemType.ISSUE, Change(title=deed.value, parent=stage.items().get(EPIC))
    )
    title = stage.process.catalogue.title("kind", kind.name)
    update_item(stage.world, user, made, Change(add_labels=_labels(stage.world, made, [title])))
    return f"opens {made.reference}, {deed.value}"


def _labels(world: World, item: WorkItem, titles: list[str]) -> tuple[Label, ...]:
    return tuple(label for title in titles if (label := world.find_label(item.namespace, title)))


_WAYS: Mapping[Verb, Callable[[Stage, User, WorkItem, Deed], str]] = {
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

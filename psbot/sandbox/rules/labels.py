"""Labels: titles and colours, scoped labels that exclude each other, and the events of labelling an item."""

import re
from collections.abc import Iterable, Sequence

from psbot.sandbox.rules.access import can_manage_labels, require
from psbot.sandbox.rules.references import add_system_note
from psbot.sandbox.rules.refusals import Conflict, Invalid
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.events import LabelEvent
from psbot.sandbox.state.labels import Label
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.world import World

MAX_TITLE_LENGTH = 255
_HEX_COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")
_NAMED_COLORS = {
    "red": "#ff0000",
    "green": "#008000",
    "blue": "#0000ff",
    "yellow": "#ffff00",
    "orange": "#ffa500",
    "purple": "#800080",
    "gray": "#808080",
    "grey": "#808080",
    "black": "#000000",
    "white": "#ffffff",
    "pink": "#ffc0cb",
    "brown": "#a52a2a",
    "navy": "#000080",
    "teal": "#008080",
    "crimson": "#dc143c",
}


def validate_color(color: str) -> str:
    """Return *color* as ``#rrggbb``. Raises Invalid if it is not a colour."""
    text = color.strip().lower()
    found = _NAMED_COLORS.get(text, text)
    if not _HEX_COLOR.match(found):
        raise Invalid({"color": ["must be a valid color code"]})
    return found


def validate_title(title: str) -> str:
    """Return the title of a label, stripped. Raises Invalid as GitLab does."""
    text = title.strip()
    if not text:
        raise Invalid({"title": ["can't be blank"]})
    if "," in text:
        raise Invalid({"title": ["is invalid"]})
    if len(text) > MAX_TITLE_LENGTH:
        raise Invalid({"title": [f"is too long (maximum is {MAX_TITLE_LENGTH} characters)"]})
    return text


def create_label(
    world: World, user: User, namespace: Namespace, title: str, color: str, *, description: str | None = None
) -> Label:
    """Create a label. Raises Conflict if *namespace* or an ancestor has the title."""
    require(can_manage_labels(world, user, namespace))
    text = validate_title(title)
    if world.find_label(namespace, text):
        raise Conflict("Label already exists")
    return world.add_label(namespace, text, validate_color(color), description)


def update_label(
    world: World,
    user: User,
    label: Label,
    *,
    title: str | None = None,
    color: str | None = None,
    description: str | None = None,
) -> Label:
    """Change the title, colour or description of a label; the ID stays."""
    require(can_manage_labels(world, user, label.namespace))
    new_title = label.title if title is None else validate_title(title)
    new_color = label.color if color is None else validate_color(color)
    if new_title != label.title and world.find_label(label.namespace, new_title):
        raise Invalid({"title": ["has already been taken"]})
    titles = world.labels_of[label.namespace.namespace_id]
    del titles[label.title]
    titles[new_title] = label
    label.title, label.color = new_title, new_color
    label.description = label.description if description is None else description
    label.updated_at = world.record_write()
    return label


def find_or_create_labels(
    world: World, user: User, namespace: Namespace, titles: Iterable[str]
) -> list[Label]:
    """Return labels by title; REST creates unknown ones as project labels if the user may."""
    found: list[Label] = []
    for title in dict.fromkeys(title.strip() for title in titles):
        label = world.find_label(namespace, title) if title else None
        if label is None and title and can_manage_labels(world, user, namespace):
            label = world.add_label(namespace, validate_title(title))
        if label:
            found.append(label)
    return found


def enforce_scopes(world: World, wanted: Sequence[Label], added: Sequence[Label]) -> list[Label]:
    """Return *wanted* with only the last *added* label of each scope.

    Existing conflicts stay until a label of their scope is added. Without a licence all labels stay.
    """
    if not world.has_epics:
        return list(wanted)
    last = {label.scope: label for label in added if label.scope}
    return [label for label in wanted if label.scope not in last or last[label.scope] is label]


def set_labels(
    world: World, user: User, item: WorkItem, labels: Sequence[Label], *, has_events: bool = True
) -> bool:
    """Set the item's labels, with one event per label and the notes of it; tell whether anything changed."""
    added = [label for label in labels if label not in item.labels]
    removed = [label for label in item.labels if label not in labels]
    if not (added or removed):
        return False
    at = world.clock.now()
    for label in removed:
        world.detach_label(item, label)
    for label in added:
        world.attach_label(item, label)
    if not has_events:
        return True
    for action, changed in (("add", added), ("remove", removed)):
        item.label_events += [
            LabelEvent(world.next_id("label event"), user, action, label, at) for label in changed
        ]
    for is_scoped in (False, True):
        body = _label_note(
            *([one for one in some if bool(one.scope) is is_scoped] for some in (added, removed))
        )
        if body:
            add_system_note(world, item, user, body, "label", is_synthetic=True)
    return True


def _label_note(added: Sequence[Label], removed: Sequence[Label]) -> str:
    """Return the note about labels that all have a scope, or all have none; it refers to labels by ID.

    GitLab, app/models/label_note.rb@05f0ebba and ee/app/models/ee/label_note.rb: "automatically removed" where every
    removed label makes room for an added one of its scope; the references are sorted as text.
    """
    scopes = {label.scope for label in added if label.scope}
    is_automatic = bool(scopes) and all(label.scope in scopes for label in removed)
    parts = []
    for verb, adjective, labels in (
        ("added", "scoped " if scopes else "", added),
        (
            "automatically removed" if is_automatic else "removed",
            "scoped " if not scopes and any(label.scope for label in removed) else "",
            removed,
        ),
    ):
        if labels:
            names = " ".join(sorted(f"~{label.id}" for label in labels))
            parts.append(f"{verb} {names} {adjective}label{'s' if len(labels) > 1 else ''}")
    return " and ".join(parts)


def create_shadowing_label(
    world: World, user: User, namespace: Namespace, title: str, color: str, *, description: str | None = None
) -> Label:
    """Create a label the way GraphQL does: a subgroup may have a title that an ancestor has, too.

    The model refuses a title that the namespace itself has, and in a project one of its group.
    """
    require(can_manage_labels(world, user, namespace))
    text = validate_title(title)
    if text in world.labels_of[namespace.namespace_id]:
        raise Invalid({"title": ["has already been taken"]})
    group = namespace.parent
    if not namespace.is_group and group and text in world.labels_of[group.namespace_id]:
        raise Invalid(
            {"title": [f"already exists at group level for {group.name}. Please choose another one."]}
        )
    return world.add_label(namespace, text, validate_color(color), description)

"""A board: the items of a group or project in columns, one for each value of a label scope."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psbot.sandbox.rules import access
from psbot.sandbox.state.accounts import Namespace
from psbot.sandbox.state.labels import Label
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.web.rows import Row, build_rows
from psbot.sandbox.web.visit import Visit

# A scope with fewer values is not a workflow.
_MIN_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column of cards, of one label or, without a label, of what *title* describes."""

    title: str
    cards: Sequence[Row]
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """The columns of *scope*, and the scopes to choose from."""

    place: Namespace
    scope: str
    scopes: Sequence[str]
    columns: Sequence[Column]
    of_epics: bool


def build_board(visit: Visit, place: Namespace, scope: str | None, *, of_epics: bool) -> Board:
    """Return the board of a group or project and everything below it, for *scope* or the default scope."""
    items = [item for item in _visible_items(visit, place) if item.is_epic is of_epics]
    values = _scoped_labels(visit, place)
    chosen = scope if scope in values else _default_scope(items, values)
    return Board(
        place, chosen, sorted(values), _build_columns(visit, items, chosen, values.get(chosen, {})), of_epics
    )


def _visible_items(visit: Visit, place: Namespace) -> Iterable[WorkItem]:
    for namespace in visit.world.subtree(place):
        yield from (
            item for item in visit.world.items_of[namespace.namespace_id].values() if visit.can_see(item)
        )


def _scoped_labels(visit: Visit, place: Namespace) -> dict[str, dict[str, Label]]:
    """Return the scoped labels that items of *place* can have, by scope and title, oldest first."""
    world = visit.world
    places = [*place.self_and_ancestors, *world.subtree(place)]
    labels = {
        label.id: label
        for namespace in places
        if access.is_readable(world, visit.viewer, namespace)
        for label in world.labels_of[namespace.namespace_id].values()
    }
    found: dict[str, dict[str, Label]] = {}
    for _id, label in sorted(labels.items()):
        if label.scope:
            found.setdefault(label.scope, {}).setdefault(label.title, label)
    return found


def _default_scope(items: Sequence[WorkItem], values: dict[str, dict[str, Label]]) -> str:
    """Return the scope with the fewest values among those that at least half of the open items have.

    Nearly every item has both a kind and a state; there are more kinds than states.
    """
    carried = {
        scope: sum(any(label.scope == scope for label in item.labels) for item in items if item.is_open)
        for scope in values
    }
    enough = sum(item.is_open for item in items) / 2
    scopes = [
        scope for scope in values if len(values[scope]) >= _MIN_COLUMNS and carried[scope] >= enough > 0
    ]
    if scopes:
        return min(scopes, key=lambda scope: (len(values[scope]), scope))
    return max(sorted(values), key=lambda scope: carried[scope], default="")


def _build_columns(
    visit: Visit, items: Sequence[WorkItem], scope: str, labels: dict[str, Label]
) -> Sequence[Column]:
    open_items = [item for item in items if item.is_open]
    without = [item for item in open_items if not any(label.scope == scope for label in item.labels)]
    closed = [item for item in items if not item.is_open]
    columns = [
        Column(label.title.rpartition("::")[2], build_rows(visit, _with_label(open_items, label)), label)
        for label in labels.values()
    ]
    if without or not labels:
        columns.insert(0, Column("Open", build_rows(visit, without)))
    if closed:
        columns.append(Column("Closed", build_rows(visit, closed)))
    return columns


def _with_label(items: Iterable[WorkItem], label: Label) -> list[WorkItem]:
    return [item for item in items if any(one.title == label.title for one in item.labels)]

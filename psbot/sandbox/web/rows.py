"""Items as table rows and board cards."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from psbot.sandbox.rules import access
from psbot.sandbox.state import dates, urls
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.labels import Label
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Row:
    """An item in a list; ``hidden_from`` names the users who see its parent but not the item."""

    title: str
    reference: str
    href: str
    is_open: bool
    is_confidential: bool
    labels: tuple[Label, ...]
    assignees: tuple[User, ...]
    due_on: date | None
    is_overdue: bool
    place: Namespace
    hidden_from: tuple[str, ...]


def build_row(visit: Visit, item: WorkItem) -> Row:
    """Return *item* as a row."""
    due_on = dates.due_of(item)
    return Row(
        title=item.title,
        reference=item.reference,
        href=visit.link(urls.item_path(item)),
        is_open=item.is_open,
        is_confidential=item.confidential,
        labels=tuple(sorted(item.labels, key=lambda label: label.title)),
        assignees=tuple(item.assignees),
        due_on=due_on,
        is_overdue=item.is_open and due_on is not None and due_on < visit.now.date(),
        place=item.namespace,
        hidden_from=tuple(_hidden_from(visit, item)),
    )


def build_rows(visit: Visit, items: Iterable[WorkItem]) -> list[Row]:
    """Return the items that the viewer may see: open ones first, then by due date."""
    seen = sorted((item for item in items if visit.can_see(item)), key=_sort_key)
    return [build_row(visit, item) for item in seen]


def _sort_key(item: WorkItem) -> tuple[bool, bool, date, int]:
    due_on = dates.due_of(item)
    return (not item.is_open, due_on is None, due_on or date.min, item.id)


def _hidden_from(visit: Visit, item: WorkItem) -> Iterable[str]:
    world, parent = visit.world, item.parent
    if parent is None or not visit.can_see(parent):
        return
    for user in world.users.values():
        if access.can_read(world, user, parent) and not access.can_read(world, user, item):
            yield user.name

"""The changes a request makes to an item, including those of the quick actions in its text."""

import re
import shlex
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import Final

from psbot.sandbox.rules.quick_actions import QuickAction
from psbot.sandbox.rules.references import members_of
from psbot.sandbox.state.accounts import User
from psbot.sandbox.state.labels import Label, Milestone
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.world import World


class Unset(Enum):
    """Marks a field that a request does not mention."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True)
class ItemChange:
    """Fields to write. None leaves a field alone; where None is a value, UNSET does."""

    title: str | None = None
    description: str | None = None
    is_open: bool | None = None
    confidential: bool | None = None
    is_locked: bool | None = None
    add_labels: tuple[Label, ...] = ()
    remove_labels: tuple[Label, ...] = ()
    labels: tuple[Label, ...] | None = None
    assignees: tuple[User, ...] | None = None
    start_on: date | Unset | None = UNSET
    due_on: date | Unset | None = UNSET
    has_fixed_dates: bool | None = None
    parent: WorkItem | Unset | None = UNSET
    milestone: Milestone | Unset | None = UNSET
    weight: int | Unset | None = UNSET
    estimate_seconds: int | None = None
    spend_seconds: tuple[int, ...] = ()
    todo: bool | None = None

    @property
    def is_labels_only(self) -> bool:
        """Tell whether nothing but labels changes."""
        return replace(self, add_labels=(), remove_labels=(), labels=None) == ItemChange()

    @property
    def without_metadata(self) -> "ItemChange":
        """Return the change without the fields that need the Planner role on an existing item."""
        return ItemChange(
            title=self.title, description=self.description, is_open=self.is_open, todo=self.todo
        )


@dataclass(frozen=True, slots=True)
class QuickActionResult:
    """The change with quick actions applied, and a message for each one that was applied or failed."""

    change: ItemChange
    applied_messages: tuple[str, ...] = ()
    failure_messages: tuple[str, ...] = ()
    action_names: tuple[str, ...] = ()


def apply_quick_actions(
    world: World, user: User, item: WorkItem, actions: list[QuickAction], change: ItemChange
) -> QuickActionResult:
    """Apply *actions* to *change* in order."""
    done: list[str] = []
    failed: list[str] = []
    for action in actions:
        after = _apply_action(world, user, item, action, change)
        if after is None:
            failed.append(f"Could not apply {action.name} command.")
        else:
            change = after
            done.append(f"Applied {action.name} command.")
    return QuickActionResult(change, tuple(done), tuple(failed), tuple(action.name for action in actions))


def _apply_action(
    world: World, user: User, item: WorkItem, action: QuickAction, change: ItemChange
) -> ItemChange | None:
    if action.name in _FLAGS:
        return replace(change, **_FLAGS[action.name])  # type: ignore[arg-type]
    if action.name in ("label", "unlabel", "relabel"):
        return _change_labels(world, item, action, change)
    if action.name in ("assign", "unassign", "reassign"):
        return _change_assignees(world, user, item, action, change)
    if action.name in ("due", "remove_due_date"):
        due = (
            None
            if action.name == "remove_due_date"
            else parse_date(action.argument, world.clock.now().date())
        )
        is_bad = action.name == "due" and due is None
        return None if is_bad else replace(change, due_on=due)
    if action.name == "title":
        return replace(change, title=action.argument) if action.argument else None
    return _change_time(item, action, change)


_FLAGS: dict[str, dict[str, bool]] = {
    "close": {"is_open": False},
    "reopen": {"is_open": True},
    "confidential": {"confidential": True},
    "lock": {"is_locked": True},
    "unlock": {"is_locked": False},
    "todo": {"todo": True},
    "done": {"todo": False},
}


def label_titles(argument: str) -> list[str]:
    """Return the titles in ``~bug ~"in progress"``; the tilde may be missing."""
    found = re.findall(r'~?"([^"]+)"|~?([^\s,"]+)', argument)
    return [quoted or plain.lstrip("~") for quoted, plain in found]


def _change_labels(
    world: World, item: WorkItem, action: QuickAction, change: ItemChange
) -> ItemChange | None:
    labels = tuple(
        label for title in label_titles(action.argument) if (label := world.find_label(item.namespace, title))
    )
    if not labels and not (action.name == "unlabel" and not action.argument):
        return None
    if action.name == "label":
        return replace(change, add_labels=(*change.add_labels, *labels))
    if action.name == "unlabel":
        removed = labels or tuple(item.labels)
        return replace(change, remove_labels=(*change.remove_labels, *removed))
    return replace(change, labels=labels)


def _change_assignees(
    world: World, user: User, item: WorkItem, action: QuickAction, change: ItemChange
) -> ItemChange | None:
    people: list[User] = []
    for word in action.argument.replace(",", " ").split():
        name = word.lstrip("@")
        group = world.namespace(name)
        found = user if name == "me" else world.user(name)
        people += [found] if found else sorted(members_of(world, group), key=_by_id) if group else []
    current = list(item.assignees if change.assignees is None else change.assignees)
    if action.name == "unassign":
        removed = people or current
        return replace(change, assignees=tuple(person for person in current if person not in removed))
    if not people:
        return None
    kept = current if action.name == "assign" and world.has_epics else []
    return replace(change, assignees=tuple(dict.fromkeys([*kept, *people])))


def _by_id(user: User) -> int:
    return user.id


def _change_time(item: WorkItem, action: QuickAction, change: ItemChange) -> ItemChange | None:
    if action.name == "remove_estimate":
        return replace(change, estimate_seconds=0)
    if action.name == "remove_time_spent":
        return replace(change, spend_seconds=(-item.spent_seconds,))
    seconds = parse_duration(action.argument)
    if seconds is None:
        return None
    if action.name == "estimate":
        return replace(change, estimate_seconds=seconds)
    return replace(change, spend_seconds=(*change.spend_seconds, seconds))


_UNITS = {"mo": 576_000, "w": 144_000, "d": 28_800, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(\d+)\s*(mo|w|d|h|m|s)")


def parse_duration(text: str) -> int | None:
    """Return seconds for ``1w 3d 2h 14m``: a week has five days, a day eight hours; None for anything else."""
    duration = " ".join(shlex.split(text)[:8]) if '"' not in text and "'" not in text else ""
    sign = -1 if duration.startswith("-") else 1
    found = _DURATION.findall(duration)
    return sign * sum(int(number) * _UNITS[unit] for number, unit in found) if found else None


def format_duration(seconds: int) -> str:
    """Return the duration as text that parse_duration reads, without months."""
    rest = abs(seconds)
    parts = []
    for unit in ("w", "d", "h", "m", "s"):
        number, rest = divmod(rest, _UNITS[unit])
        parts += [f"{number}{unit}"] if number else []
    return " ".join(parts) or "0m"


def parse_date(text: str, today: date) -> date | None:
    """Return the date of ``2026-12-01``, ``today``, ``tomorrow`` or ``in 3 days``; None for anything else."""
    cleaned = text.strip().lower()
    in_days_or_weeks = re.fullmatch(r"in (\d+) (day|week)s?", cleaned)
    if in_days_or_weeks:
        return today + timedelta(days=int(in_days_or_weeks[1]) * (7 if in_days_or_weeks[2] == "week" else 1))
    if cleaned in ("today", "tomorrow"):
        return today + timedelta(days=cleaned == "tomorrow")
    try:
        return date.fromisoformat(cleaned)
    except ValueError:
        return None

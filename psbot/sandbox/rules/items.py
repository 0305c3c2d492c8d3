"""Creates and changes work items, with the system notes, events and notifications that follow."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from psbot.sandbox.rules import access, quick_actions, references, task_lists
from psbot.sandbox.rules.creation_limit import count_creation
from psbot.sandbox.rules.hierarchy import check_parent, set_parent
from psbot.sandbox.rules.item_changes import (
    UNSET,
    ItemChange,
    QuickActionResult,
    apply_quick_actions,
    format_duration,
)
from psbot.sandbox.rules.item_validation import (
    MAX_TITLE_LENGTH,
    find_refusal,
    validate_dates,
    validate_texts,
)
from psbot.sandbox.rules.labels import enforce_scopes, set_labels
from psbot.sandbox.rules.references import add_system_note, notify
from psbot.sandbox.rules.refusals import Invalid
from psbot.sandbox.state.accounts import AccessLevel, Namespace, User
from psbot.sandbox.state.dates import dates_note_body
from psbot.sandbox.state.events import MilestoneEvent, StateEvent, Timelog, WeightEvent
from psbot.sandbox.state.labels import Label, Milestone
from psbot.sandbox.state.model import ItemType, WorkItem
from psbot.sandbox.state.world import World


def create_item(
    world: World,
    user: User,
    namespace: Namespace,
    type_: ItemType,
    change: ItemChange,
    *,
    iid: int | None = None,
    created_at: datetime | None = None,
) -> WorkItem:
    """Create an item; quick actions in the description run and are removed. Guests may set all fields here."""
    access.require(access.can_create(world, user, namespace))
    count_creation(world, user, namespace)
    title = (change.title or "").strip()
    validate_texts(title, change.description)
    if access.max_access_level(world, user, namespace) < AccessLevel.OWNER:
        iid = created_at = None  # only Owners may set these
    now = world.record_write()
    item = WorkItem(
        id=world.next_id("work item"),
        iid=_reserve_iid(world, namespace, iid),
        namespace=namespace,
        type=type_,
        title=title,
        author=user,
        created_at=created_at or now,
        updated_at=now,
        legacy_id=world.next_id("epic") if type_ is ItemType.EPIC else 0,
    )
    item.confidential = bool(change.confidential)
    if isinstance(change.parent, WorkItem):
        check_parent(world, user, item, change.parent)
    validate_dates(item, change)
    world.add_item(item)
    text, actions = quick_actions.extract(change.description or "")
    complete = apply_quick_actions(
        world, user, item, actions, replace(change, title=None, description=None)
    ).change
    item.description = text
    if complete.title is not None:
        item.title = complete.title[:MAX_TITLE_LENGTH]
    item.confidential = bool(complete.confidential)
    _write_labels(world, user, item, complete, has_events=True)
    _write_fields(world, user, item, replace(complete, title=None, confidential=None))
    if complete.is_open is False:
        _set_state(world, user, item, is_open=False)
    _notify_mentioned(world, user, item, text, "")
    return item


def _reserve_iid(world: World, namespace: Namespace, wanted: int | None) -> int:
    """Return *wanted*, or else the next IID of the namespace."""
    sequence = f"iid {namespace.namespace_id}"
    iid = wanted or world.next_id(sequence)
    world.counters[sequence] = max(world.counters[sequence], iid)
    return iid


def update_item(world: World, user: User, item: WorkItem, change: ItemChange) -> QuickActionResult:
    """Change an item; quick actions in the description run. Raises Forbidden and Invalid."""
    access.require(access.can_update(world, user, item))
    text, actions = quick_actions.extract(change.description or "")
    if change.description is not None:
        change = replace(change, description=text)
    result = apply_quick_actions(world, user, item, actions, change)
    apply_change(world, user, item, result.change)
    return result


def apply_change(world: World, user: User, item: WorkItem, change: ItemChange) -> None:
    """Write what the user's role allows of *change*; the rest is dropped silently, as in GitLab.

    The state and the labels are saved before the rest is validated, so a refused update may have changed both; the
    labels then without events (GitLab, app/services/issuable_base_service.rb@001f8107, issuable/callbacks/labels.rb).
    """
    if not access.can_set_metadata(world, user, item):
        change = change.without_metadata
    refusal = find_refusal(world, user, item, change)
    if refusal is None or change.is_open is not None:
        at = world.record_write()
        if change.is_labels_only:
            item.touch(at)
        else:
            item.updated_at = at
    if change.is_open is not None and change.is_open is not item.is_open:
        _set_state(world, user, item, is_open=change.is_open)
    _write_labels(world, user, item, change, has_events=refusal is None)
    if refusal is not None:
        raise refusal
    before = item.description
    _write_texts(world, user, item, change)
    _write_fields(world, user, item, change)
    if item.description != before:
        _notify_mentioned(world, user, item, item.description, before)


def _write_texts(world: World, user: User, item: WorkItem, change: ItemChange) -> None:
    if change.title is not None and change.title != item.title:
        add_system_note(world, item, user, _title_note(item.title, change.title), "title")
        item.title = change.title
        item.lock_version += 1
    if change.description is not None and change.description != item.description:
        ticks = task_lists.toggled_tasks(item.description, change.description)
        for task in ticks:
            add_system_note(world, item, user, task_lists.task_note(task), "task")
        if not ticks:
            add_system_note(world, item, user, "changed the description", "description")
        item.description = change.description
        item.last_edited_at, item.last_edited_by = item.updated_at, user
        item.lock_version += 1


def _title_note(before: str, after: str) -> str:
    """Return the title note with the differing middle marked on both sides."""
    shortest = min(len(before), len(after))
    head = next((n for n in range(shortest) if before[n] != after[n]), shortest)
    rest = shortest - head
    tail = next((n for n in range(rest) if before[-1 - n] != after[-1 - n]), rest)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    start, end = before[:head], before[len(before) - tail :]
    old_mark = f"{{-{old}-}}" if old else ""
    new_mark = f"{{+{new}+}}" if new else ""
    return f"changed title from **{start}{old_mark}{end}** to **{start}{new_mark}{end}**"


def _write_fields(world: World, user: User, item: WorkItem, change: ItemChange) -> None:
    """Write every field except title, description, state and labels."""
    if change.assignees is not None:
        _write_assignees(world, user, item, change.assignees)
    _write_dates(world, user, item, change)
    if change.parent is not UNSET:
        set_parent(world, user, item, change.parent)
    _write_flags(world, user, item, change)
    _write_time(world, user, item, change)
    if change.milestone is not UNSET and change.milestone is not item.milestone:
        _add_milestone_event(world, user, item, change.milestone)
        item.milestone = change.milestone
        text = f'changed milestone to %"{item.milestone.title}"' if item.milestone else "removed milestone"
        add_system_note(world, item, user, text, "milestone", is_synthetic=True)
    if change.weight is not UNSET and change.weight != item.weight:
        item.weight = change.weight
        item.weight_events.append(
            WeightEvent(world.next_id("weight event"), user, item.weight, world.clock.now())
        )


def _add_milestone_event(world: World, user: User, item: WorkItem, after: Milestone | None) -> None:
    """Add one event: for the new milestone, or for the removed one."""
    concerned = after or item.milestone
    if concerned:
        action, number = "add" if after else "remove", world.next_id("milestone event")
        item.milestone_events.append(MilestoneEvent(number, user, action, concerned, world.clock.now()))


def _write_labels(world: World, user: User, item: WorkItem, change: ItemChange, *, has_events: bool) -> None:
    base: Sequence[Label] = item.labels if change.labels is None else change.labels
    both = dict.fromkeys([*base, *change.add_labels])
    wanted = [label for label in both if label not in change.remove_labels]
    new = [label for label in (change.labels or ()) if label not in item.labels]
    listed = change.labels if new else ()
    added = [label for label in (*change.add_labels, *(listed or ())) if label in wanted]
    set_labels(world, user, item, enforce_scopes(world, wanted, added), has_events=has_events)


def _write_assignees(world: World, user: User, item: WorkItem, assignees: Sequence[User]) -> None:
    readers = [person for person in dict.fromkeys(assignees) if access.can_read(world, person, item)]
    wanted = readers if world.has_epics else readers[:1]
    added = [person for person in wanted if person not in item.assignees]
    removed = [person for person in item.assignees if person not in wanted]
    if not (added or removed):
        return
    item.assignees = wanted
    parts = []
    for verb, people in (("assigned to", added), ("unassigned", removed)):
        if people:
            parts.append(f"{verb} {' and '.join(f'@{person.username}' for person in people)}")
    add_system_note(world, item, user, " and ".join(parts), "assignee")
    notify(world, added, "assigned", item, user)
    notify(world, removed, "unassigned", item, user)


def _write_dates(world: World, user: User, item: WorkItem, change: ItemChange) -> None:
    start = item.start_on if change.start_on is UNSET else change.start_on
    due = item.due_on if change.due_on is UNSET else change.due_on
    body = dates_note_body((item.start_on, start), (item.due_on, due))
    mentions_dates = change.start_on is not UNSET or change.due_on is not UNSET
    if change.has_fixed_dates is not None or mentions_dates:
        item.has_fixed_dates = change.has_fixed_dates is not False
    item.start_on, item.due_on = start, due
    if body:
        add_system_note(world, item, user, body, "start_date_or_due_date")
        item.lock_version += 1


def _write_flags(world: World, user: User, item: WorkItem, change: ItemChange) -> None:
    kind = "epic" if item.is_epic else item.type.value.lower()
    if change.confidential is not None and change.confidential is not item.confidential:
        item.confidential = change.confidential
        text = (
            f"made the {kind} confidential" if item.confidential else f"made the {kind} visible to everyone"
        )
        add_system_note(world, item, user, text, "confidential" if item.confidential else "visible")
    if change.is_locked is not None and change.is_locked is not item.is_locked:
        item.is_locked = change.is_locked
        verb = "locked" if item.is_locked else "unlocked"
        add_system_note(world, item, user, f"{verb} the discussion in this {kind}", verb)
    if change.todo:
        references.add_todo(world, user, item)


def _write_time(world: World, user: User, item: WorkItem, change: ItemChange) -> None:
    if change.estimate_seconds is not None and change.estimate_seconds != item.estimate_seconds:
        item.estimate_seconds = change.estimate_seconds
        text = f"changed time estimate to {format_duration(item.estimate_seconds)}"
        add_system_note(
            world, item, user, text if item.estimate_seconds else "removed time estimate", "time_tracking"
        )
    for seconds in change.spend_seconds:
        if item.spent_seconds + seconds < 0:
            raise Invalid("Time to subtract exceeds the total time spent")
        item.timelogs.append(Timelog(world.next_id("timelog"), user, seconds, world.clock.now()))
        verb = "added" if seconds > 0 else "subtracted"
        text = f"{verb} {format_duration(seconds)} of time spent"
        add_system_note(
            world, item, user, text if item.timelogs and seconds else "removed time spent", "time_tracking"
        )


def _set_state(world: World, user: User, item: WorkItem, *, is_open: bool) -> None:
    if is_open and item.is_locked:
        return  # GitLab, IssuePolicy@fa352bf4 and Issues::ReopenService: no error, and the item stays closed
    at = world.clock.now()
    item.is_open = is_open
    item.closed_at, item.closed_by = (None, None) if is_open else (at, user)
    item.lock_version += 1
    state = "reopened" if is_open else "closed"
    item.state_events.append(StateEvent(world.next_id("state event"), user, state, at))
    add_system_note(world, item, user, state, "opened" if is_open else "closed", is_synthetic=True)
    if world.has_epics and not item.is_epic:
        # GitLab 18.2 and newer, ee/app/services/ee/issues/close_service.rb@004a9b1c: the status follows the state.
        status = "To do" if is_open else "Done"
        add_system_note(world, item, user, f"set status to **{status}**", "work_item_status")
    notify(world, (item.author, *item.assignees), state, item, user)


def _notify_mentioned(world: World, user: User, item: WorkItem, text: str, before: str) -> None:
    """Notify the people newly mentioned in *text*, and add notes to the items it refers to."""
    names = references.mentioned_names(text) - references.mentioned_names(before)
    notify(world, references.mentioned_users(world, item, names), "mentioned", item, user)
    references.add_cross_references(world, user, item, text)

"""Moves, clones and deletes items."""

from psbot.sandbox.rules import access
from psbot.sandbox.rules.hierarchy import set_parent
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import apply_change, create_item
from psbot.sandbox.rules.references import add_system_note, relative_reference
from psbot.sandbox.rules.refusals import Invalid
from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.model import Note, WorkItem
from psbot.sandbox.state.world import World


def move_item(world: World, user: User, item: WorkItem, target: Namespace) -> WorkItem:
    """Move an issue to another project: a copy is created there, and the original is closed."""
    if item.namespace is target:
        raise Invalid("Cannot move issue to project it originates from!")
    access.require(access.can_set_metadata(world, user, item))
    parent = item.parent
    copy = _copy_item(world, user, item, target)
    copy.author = item.author
    if parent is not None:
        set_parent(world, user, item, None)
        set_parent(world, user, copy, parent)
    for note in item.notes:
        _copy_note(world, note, copy)
    add_system_note(
        world, copy, user, f"moved from {relative_reference(item, target)}", "moved", mentions=item
    )
    add_system_note(
        world, item, user, f"moved to {relative_reference(copy, item.namespace)}", "moved", mentions=copy
    )
    item.moved_to = copy
    apply_change(world, user, item, ItemChange(is_open=False))
    return copy


def clone_item(world: World, user: User, item: WorkItem, target: Namespace, *, with_notes: bool) -> WorkItem:
    """Clone an issue to a project; *user* is the author of the clone, which gets the same parent."""
    copy = _copy_item(world, user, item, target)
    if item.parent is not None and access.can_set_metadata(world, user, item.parent):
        set_parent(world, user, copy, item.parent)
    if with_notes:
        for note in item.notes:
            _copy_note(world, note, copy)
    add_system_note(
        world, copy, user, f"cloned from {relative_reference(item, target)}", "cloned", mentions=item
    )
    add_system_note(
        world, item, user, f"cloned to {relative_reference(copy, item.namespace)}", "cloned", mentions=copy
    )
    item.updated_at = world.record_write()
    return copy


def _copy_item(world: World, user: User, item: WorkItem, target: Namespace) -> WorkItem:
    access.require(access.can_create(world, user, target))
    labels = [world.find_label(target, label.title) for label in item.labels]
    change = ItemChange(
        title=item.title,
        confidential=item.confidential or None,
        labels=tuple(label for label in labels if label),
        assignees=tuple(item.assignees),
        start_on=item.start_on,
        due_on=item.due_on,
    )
    copy = create_item(world, user, target, item.type, change)
    # The description is copied unchanged: its quick actions do not run again.
    copy.description = item.description
    return copy


def _copy_note(world: World, note: Note, copy: WorkItem) -> None:
    if note.is_synthetic:
        return
    world.add_note(
        Note(
            id=world.next_id("note"),
            discussion_id=world.discussion_id(copy.id, note.discussion_id),
            item=copy,
            author=note.author,
            body=note.body,
            created_at=note.created_at,
            updated_at=note.updated_at,
            is_system=note.is_system,
            is_internal=note.is_internal,
            is_thread=note.is_thread,
            action=note.action,
            mentions=note.mentions,
        )
    )


def delete_item(world: World, user: User, item: WorkItem) -> None:
    """Delete an item for good. Raises Forbidden."""
    access.require(access.can_delete(world, user, item))
    world.remove_item(item)

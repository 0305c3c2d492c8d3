"""Notes and discussions on work items."""

from dataclasses import dataclass, replace

from psbot.sandbox.rules import access, quick_actions, references
from psbot.sandbox.rules.item_changes import ItemChange, apply_quick_actions
from psbot.sandbox.rules.items import apply_change
from psbot.sandbox.rules.refusals import Invalid
from psbot.sandbox.state.accounts import AccessLevel, User
from psbot.sandbox.state.model import Note, WorkItem
from psbot.sandbox.state.world import World

MAX_NOTE_LENGTH = 1_000_000


@dataclass(frozen=True, slots=True)
class NoteResult:
    """The result of writing a note; ``note`` is None if it contained only quick actions."""

    note: Note | None
    action_names: tuple[str, ...] = ()
    applied_messages: tuple[str, ...] = ()
    failure_messages: tuple[str, ...] = ()
    change: ItemChange | None = None

    @property
    def is_commands_only(self) -> bool:
        """Tell whether the note contained only quick actions."""
        return self.note is None


def create_note(
    world: World,
    user: User,
    item: WorkItem,
    body: str,
    *,
    is_internal: bool = False,
    discussion: Note | None = None,
    is_thread: bool = False,
) -> NoteResult:
    """Create a note; its quick actions run and are removed. Raises Forbidden and Invalid.

    From who may not write internal notes, one is posted for everyone to read (GitLab, app/services/notes/
    build_service.rb: what is denied is dropped).
    """
    access.require(access.can_comment(world, user, item))
    is_internal = is_internal and access.can_read_confidential(world, user, item.namespace)
    _validate_body(body)
    text, actions = quick_actions.extract(body)
    if not text.strip() and not actions:
        raise Invalid({"note": ["can't be blank"]})
    note = None
    if text.strip():
        note = _store_note(
            world, user, item, text, is_internal=is_internal, discussion=discussion, is_thread=is_thread
        )
    result = apply_quick_actions(world, user, item, actions, ItemChange())
    done, failed = result.applied_messages, result.failure_messages
    if actions and result.change != ItemChange():
        if access.can_update(world, user, item):
            apply_change(world, user, item, result.change)
        else:
            done, failed = (), tuple(f"Could not apply {name} command." for name in result.action_names)
    return NoteResult(note, result.action_names, done, failed, result.change)


def _validate_body(body: str) -> None:
    if len(body) > MAX_NOTE_LENGTH:
        raise Invalid({"note": [f"is too long (maximum is {MAX_NOTE_LENGTH} characters)"]})


def _store_note(
    world: World,
    user: User,
    item: WorkItem,
    text: str,
    *,
    is_internal: bool,
    discussion: Note | None,
    is_thread: bool,
) -> Note:
    at = world.record_write()
    item.touch(at)
    if discussion is not None:
        discussion.is_thread = True
    earlier = {note.author for note in item.notes if not note.is_system}
    note = world.add_note(
        Note(
            id=world.next_id("note"),
            discussion_id=discussion.discussion_id if discussion else world.discussion_id(),
            item=item,
            author=user,
            body=text,
            created_at=at,
            updated_at=at,
            is_internal=is_internal or bool(discussion and discussion.is_internal),
            is_thread=is_thread or discussion is not None,
        )
    )
    _notify_people(world, user, note, earlier, "")
    return note


def _notify_people(world: World, user: User, note: Note, earlier: set[User], before: str) -> None:
    names = references.mentioned_names(note.body) - references.mentioned_names(before)
    mentioned = references.mentioned_users(world, note.item, names)
    if not before:
        others = {note.item.author, *note.item.assignees, *earlier} - mentioned
        references.notify(world, _readers(world, others, note), "note", note.item, user)
    references.notify(world, _readers(world, mentioned, note), "mentioned", note.item, user)
    references.add_cross_references(world, user, note.item, note.body)


def _readers(world: World, people: set[User], note: Note) -> list[User]:
    return [
        person
        for person in people
        if access.can_read(world, person, note.item) and access.can_read_note(world, person, note)
    ]


def _require_can_edit(world: World, user: User, note: Note) -> None:
    is_allowed = (
        note.author is user
        or access.max_access_level(world, user, note.item.namespace) >= AccessLevel.MAINTAINER
    )
    access.require(is_allowed and not note.is_system)


def update_note(world: World, user: User, note: Note, body: str) -> NoteResult:
    """Edit a note; its quick actions run, and a note without other text is deleted."""
    _require_can_edit(world, user, note)
    _validate_body(body)
    text, actions = quick_actions.extract(body)
    if not text.strip() and not actions:
        raise Invalid({"note": ["can't be blank"]})
    result = apply_quick_actions(world, user, note.item, actions, ItemChange())
    if actions:
        apply_change(world, user, note.item, result.change)
    if not text.strip():
        delete_note(world, user, note)
        return NoteResult(
            None, result.action_names, result.applied_messages, result.failure_messages, result.change
        )
    before = note.body
    if text != before:
        at = world.record_write()
        note.body = text
        note.updated_at = note.last_edited_at = at
        note.item.touch(at)
        note.last_edited_by = user
        _notify_people(world, user, note, set(), before)
    return replace(
        NoteResult(note),
        action_names=result.action_names,
        applied_messages=result.applied_messages,
        failure_messages=result.failure_messages,
    )


def delete_note(world: World, user: User, note: Note) -> None:
    """Delete a note."""
    _require_can_edit(world, user, note)
    note.item.notes.remove(note)
    del world.notes[note.id]
    note.item.touch(world.record_write())


def visible_notes(world: World, user: User | None, item: WorkItem) -> list[Note]:
    """Return the notes of *item* that the user may read, oldest first."""
    return [note for note in item.notes if access.can_read_note(world, user, note)]


def group_by_discussion(notes: list[Note]) -> list[list[Note]]:
    """Return *notes* grouped by discussion, in the order of their first notes."""
    found: dict[str, list[Note]] = {}
    for note in notes:
        found.setdefault(note.discussion_id, []).append(note)
    return list(found.values())

"""Notes and discussions of issues and epics."""

from collections.abc import Callable

from psbot.sandbox.rest_api.call import Answer, Call
from psbot.sandbox.rest_api.entities import discussion_entity, note_entity
from psbot.sandbox.rest_api.paging import paged
from psbot.sandbox.rules import access
from psbot.sandbox.rules import notes as commenting
from psbot.sandbox.rules.refusals import Invalid, NotFound
from psbot.sandbox.state.model import Note, WorkItem

Find = Callable[[Call], WorkItem]


def _stored(call: Call, item: WorkItem) -> list[Note]:
    """Return the notes that are kept as notes: label and state events are not among them."""
    return [note for note in commenting.visible_notes(call.world, call.viewer, item) if not note.is_synthetic]


def notes(call: Call, find: Find) -> Answer:
    """Return notes, the newest first unless told otherwise."""
    found = _stored(call, find(call))
    only = call.text("activity_filter")
    if only in ("only_comments", "only_activity"):
        found = [note for note in found if note.is_system is (only == "only_activity")]
    field = "updated_at" if call.text("order_by") == "updated_at" else "created_at"
    found.sort(
        key=lambda note: (getattr(note, field), note.id), reverse=(call.text("sort") or "desc") == "desc"
    )
    return paged(call, found, lambda note: note_entity(call.world, note))


def _note(call: Call, item: WorkItem) -> Note:
    found = next((note for note in _stored(call, item) if str(note.id) == call.parts["note_id"]), None)
    if found is None:
        raise NotFound("404 Not found")
    return found


def find_note(call: Call, find: Find) -> Note:
    """Return the note of the path."""
    return _note(call, find(call))


def note(call: Call, find: Find) -> object:
    """Return one note."""
    return note_entity(call.world, _note(call, find(call)))


def create_note(call: Call, find: Find) -> Answer:
    """Write a note; 202 and no note when it has quick actions only."""
    is_internal = bool(call.flag("internal") or call.flag("confidential"))
    result = commenting.create_note(
        call.world, call.user, find(call), call.required("body"), is_internal=is_internal
    )
    return _written(call, result)


def _written(call: Call, result: commenting.Commented) -> Answer:
    if result.note is not None:
        return Answer(note_entity(call.world, result.note), 201)
    if result.failed and not result.done:
        raise Invalid(" ".join(result.failed))
    return Answer({"commands_changes": dict.fromkeys(result.names, True), "summary": list(result.done)}, 202)


def update_note(call: Call, find: Find) -> object:
    """Edit a note."""
    found = _note(call, find(call))
    result = commenting.update_note(call.world, call.user, found, call.required("body"))
    return note_entity(call.world, result.note) if result.note else _written(call, result)


def delete_note(call: Call, find: Find) -> Answer:
    """Delete a note."""
    commenting.destroy_note(call.world, call.user, _note(call, find(call)))
    return Answer(None, 204)


def discussions(call: Call, find: Find) -> Answer:
    """Return discussions, the oldest first."""
    found = commenting.discussions(_stored(call, find(call)))
    return paged(call, found, lambda notes: discussion_entity(call.world, notes))


def _discussion(call: Call, item: WorkItem) -> list[Note]:
    found = commenting.discussions(_stored(call, item))
    thread = next((one for one in found if one[0].discussion_id == call.parts["discussion_id"]), None)
    if thread is None:
        raise NotFound("404 Discussion Not Found")
    return thread


def discussion(call: Call, find: Find) -> object:
    """Return one discussion."""
    return discussion_entity(call.world, _discussion(call, find(call)))


def create_discussion(call: Call, find: Find) -> Answer:
    """Begin a thread."""
    item = find(call)
    result = commenting.create_note(call.world, call.user, item, call.required("body"), is_thread=True)
    if result.note is None:
        return _written(call, result)
    return Answer(discussion_entity(call.world, [result.note]), 201)


def reply(call: Call, find: Find) -> Answer:
    """Answer in a thread."""
    item = find(call)
    thread = _discussion(call, item)
    access.require(not thread[0].is_system)
    result = commenting.create_note(call.world, call.user, item, call.required("body"), discussion=thread[0])
    return _written(call, result)

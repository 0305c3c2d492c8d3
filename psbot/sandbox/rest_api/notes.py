"""Handlers for notes and discussions of issues and epics."""

from collections.abc import Callable

from psbot.sandbox.rest_api.call import Call, RestResponse
from psbot.sandbox.rest_api.entities import discussion_entity, note_entity
from psbot.sandbox.rest_api.paging import paginate
from psbot.sandbox.rules import access, notes
from psbot.sandbox.rules.refusals import Invalid, NotFound
from psbot.sandbox.state.model import Note, WorkItem

Find = Callable[[Call], WorkItem]


def _stored_notes(call: Call, item: WorkItem) -> list[Note]:
    """Return the notes without those that GitLab synthesizes from label and state events."""
    return [note for note in notes.visible_notes(call.world, call.viewer, item) if not note.is_synthetic]


def list_notes(call: Call, find: Find) -> RestResponse:
    """Return notes, by default the newest first."""
    found = _stored_notes(call, find(call))
    only = call.text("activity_filter")
    if only in ("only_comments", "only_activity"):
        found = [note for note in found if note.is_system is (only == "only_activity")]
    field = "updated_at" if call.text("order_by") == "updated_at" else "created_at"
    found.sort(
        key=lambda note: (getattr(note, field), note.id), reverse=(call.text("sort") or "desc") == "desc"
    )
    return paginate(call, found, lambda note: note_entity(call.world, note))


def _find_note(call: Call, item: WorkItem) -> Note:
    found = next(
        (note for note in _stored_notes(call, item) if str(note.id) == call.path_parameters["note_id"]), None
    )
    if found is None:
        raise NotFound("404 Not found")
    return found


def find_note(call: Call, find: Find) -> Note:
    """Return the note in the path."""
    return _find_note(call, find(call))


def get_note(call: Call, find: Find) -> object:
    """Return one note."""
    return note_entity(call.world, _find_note(call, find(call)))


def create_note(call: Call, find: Find) -> RestResponse:
    """Create a note; 202 without a note if it contains only quick actions."""
    is_internal = bool(call.flag("internal") or call.flag("confidential"))
    result = notes.create_note(
        call.world, call.user, find(call), call.required("body"), is_internal=is_internal
    )
    return _note_response(call, result)


def _note_response(call: Call, result: notes.NoteResult) -> RestResponse:
    if result.note is not None:
        return RestResponse(note_entity(call.world, result.note), 201)
    if result.failure_messages and not result.applied_messages:
        raise Invalid(" ".join(result.failure_messages))
    return RestResponse(
        {
            "commands_changes": dict.fromkeys(result.action_names, True),
            "summary": list(result.applied_messages),
        },
        202,
    )


def update_note(call: Call, find: Find) -> object:
    """Edit a note."""
    found = _find_note(call, find(call))
    result = notes.update_note(call.world, call.user, found, call.required("body"))
    return note_entity(call.world, result.note) if result.note else _note_response(call, result)


def delete_note(call: Call, find: Find) -> RestResponse:
    """Delete a note."""
    notes.delete_note(call.world, call.user, _find_note(call, find(call)))
    return RestResponse(None, 204)


def list_discussions(call: Call, find: Find) -> RestResponse:
    """Return discussions, the oldest first."""
    found = notes.group_by_discussion(_stored_notes(call, find(call)))
    return paginate(call, found, lambda notes: discussion_entity(call.world, notes))


def _find_discussion(call: Call, item: WorkItem) -> list[Note]:
    found = notes.group_by_discussion(_stored_notes(call, item))
    thread = next(
        (one for one in found if one[0].discussion_id == call.path_parameters["discussion_id"]), None
    )
    if thread is None:
        raise NotFound("404 Discussion Not Found")
    return thread


def get_discussion(call: Call, find: Find) -> object:
    """Return one discussion."""
    return discussion_entity(call.world, _find_discussion(call, find(call)))


def create_discussion(call: Call, find: Find) -> RestResponse:
    """Start a thread."""
    item = find(call)
    result = notes.create_note(call.world, call.user, item, call.required("body"), is_thread=True)
    if result.note is None:
        return _note_response(call, result)
    return RestResponse(discussion_entity(call.world, [result.note]), 201)


def reply_in_discussion(call: Call, find: Find) -> RestResponse:
    """Reply in a thread."""
    item = find(call)
    thread = _find_discussion(call, item)
    access.require(not thread[0].is_system)
    result = notes.create_note(call.world, call.user, item, call.required("body"), discussion=thread[0])
    return _note_response(call, result)

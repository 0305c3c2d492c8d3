"""Merge requests and their notes."""

from typing import Any

from psbot.sandbox.rest_api.call import Answer, Call
from psbot.sandbox.rest_api.entities import instant, user_entity
from psbot.sandbox.rest_api.paging import paged
from psbot.sandbox.rules import access
from psbot.sandbox.rules import merge_requests as merging
from psbot.sandbox.rules.refusals import NotFound
from psbot.sandbox.state import urls
from psbot.sandbox.state.accounts import Namespace
from psbot.sandbox.state.project import MergeNote, MergeRequest

Entity = dict[str, Any]


def _project(call: Call) -> Namespace:
    found = call.namespace(is_group=False)
    access.require(merging.can_read(call.world, call.viewer, found))
    return found


def _of_path(call: Call) -> MergeRequest:
    everything = merging.of_project(call.world, _project(call))
    found = next((each for each in everything if str(each.iid) == call.parts["iid"]), None)
    if found is None:
        raise NotFound("404 Not found")
    return found


def every(call: Call) -> Answer:
    """Return the merge requests of a project, the newest first."""
    found = merging.of_project(call.world, _project(call))
    return paged(call, found, lambda each: _entity(call, each))


def one(call: Call) -> object:
    """Return one merge request."""
    return _entity(call, _of_path(call))


def of_commit(call: Call) -> Answer:
    """Return the merge requests that a commit came from."""
    found = [
        each for each in merging.of_project(call.world, _project(call)) if call.parts["sha"] in each.commits
    ]
    return paged(call, found, lambda each: _entity(call, each))


def notes(call: Call) -> Answer:
    """Return notes, the newest first unless told otherwise."""
    is_descending = (call.text("sort") or "desc") == "desc"
    found = sorted(_of_path(call).notes, key=lambda each: each.id, reverse=is_descending)
    return paged(call, found, lambda each: _note_entity(call, each))


def _note(call: Call) -> MergeNote:
    found = next((each for each in _of_path(call).notes if str(each.id) == call.parts["note_id"]), None)
    if found is None:
        raise NotFound("404 Not found")
    return found


def note(call: Call) -> object:
    """Return one note."""
    return _note_entity(call, _note(call))


def create_note(call: Call) -> Answer:
    """Write a note; 202 and no note when it has quick actions only."""
    found = _of_path(call)
    made = merging.create_note(call.world, call.user, found, call.required("body"))
    if made is None:
        return Answer({"commands_changes": dict.fromkeys(found.actions, True), "summary": []}, 202)
    return Answer(_note_entity(call, made), 201)


def update_note(call: Call) -> object:
    """Edit a note."""
    found = _note(call)
    merging.update_note(call.world, call.user, found, call.required("body"))
    return _note_entity(call, found)


def _entity(call: Call, found: MergeRequest) -> Entity:
    place = urls.namespace_url(call.world, found.project)
    return {
        "id": found.id,
        "iid": found.iid,
        "project_id": found.project.id,
        "title": found.title,
        "state": found.state,
        "source_branch": found.source_branch,
        "target_branch": found.target_branch,
        "author": user_entity(call.world, found.author),
        "created_at": instant(found.created_at),
        "merged_at": instant(found.merged_at),
        "sha": found.commits[0] if found.commits else None,
        "web_url": f"{place}/-/merge_requests/{found.iid}",
    }


def _note_entity(call: Call, found: MergeNote) -> Entity:
    return {
        "id": found.id,
        "type": None,
        "body": found.body,
        "author": user_entity(call.world, found.author),
        "created_at": instant(found.created_at),
        "updated_at": instant(found.updated_at),
        "system": found.is_system,
        "noteable_id": found.merge_request.id,
        "noteable_type": "MergeRequest",
        "noteable_iid": found.merge_request.iid,
        "project_id": found.merge_request.project.id,
        "resolvable": False,
        "confidential": False,
        "internal": False,
        "commands_changes": {},
    }

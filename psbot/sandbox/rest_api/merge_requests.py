"""Handlers for merge requests and their notes."""

from typing import Any

from psbot.sandbox.rest_api.call import Call, RestResponse
from psbot.sandbox.rest_api.entities import format_timestamp, user_entity
from psbot.sandbox.rest_api.paging import paginate
from psbot.sandbox.rules import access, merge_requests
from psbot.sandbox.rules.refusals import NotFound
from psbot.sandbox.state import urls
from psbot.sandbox.state.accounts import Namespace
from psbot.sandbox.state.project import MergeRequest, MergeRequestNote

Entity = dict[str, Any]


def _find_project(call: Call) -> Namespace:
    found = call.namespace(is_group=False)
    access.require(merge_requests.can_read_merge_requests(call.world, call.viewer, found))
    return found


def _find_merge_request(call: Call) -> MergeRequest:
    everything = merge_requests.list_merge_requests(call.world, _find_project(call))
    found = next((each for each in everything if str(each.iid) == call.path_parameters["iid"]), None)
    if found is None:
        raise NotFound("404 Not found")
    return found


def list_merge_requests(call: Call) -> RestResponse:
    """Return the merge requests of a project, the newest first."""
    found = merge_requests.list_merge_requests(call.world, _find_project(call))
    return paginate(call, found, lambda each: _merge_request_entity(call, each))


def get_merge_request(call: Call) -> object:
    """Return one merge request."""
    return _merge_request_entity(call, _find_merge_request(call))


def list_commit_merge_requests(call: Call) -> RestResponse:
    """Return the merge requests that a commit came from."""
    found = [
        each
        for each in merge_requests.list_merge_requests(call.world, _find_project(call))
        if call.path_parameters["sha"] in each.commits
    ]
    return paginate(call, found, lambda each: _merge_request_entity(call, each))


def list_notes(call: Call) -> RestResponse:
    """Return notes, by default the newest first."""
    is_descending = (call.text("sort") or "desc") == "desc"
    found = sorted(_find_merge_request(call).notes, key=lambda each: each.id, reverse=is_descending)
    return paginate(call, found, lambda each: _note_entity(call, each))


def _find_note(call: Call) -> MergeRequestNote:
    found = next(
        (each for each in _find_merge_request(call).notes if str(each.id) == call.path_parameters["note_id"]),
        None,
    )
    if found is None:
        raise NotFound("404 Not found")
    return found


def get_note(call: Call) -> object:
    """Return one note."""
    return _note_entity(call, _find_note(call))


def create_note(call: Call) -> RestResponse:
    """Create a note; 202 without a note if it contains only quick actions."""
    merge_request = _find_merge_request(call)
    created = merge_requests.create_note(call.world, call.user, merge_request, call.required("body"))
    if created is None:
        return RestResponse(
            {"commands_changes": dict.fromkeys(merge_request.actions, True), "summary": []}, 202
        )
    return RestResponse(_note_entity(call, created), 201)


def update_note(call: Call) -> object:
    """Edit a note."""
    note = _find_note(call)
    merge_requests.update_note(call.world, call.user, note, call.required("body"))
    return _note_entity(call, note)


def _merge_request_entity(call: Call, merge_request: MergeRequest) -> Entity:
    place = urls.namespace_url(call.world, merge_request.project)
    return {
        "id": merge_request.id,
        "iid": merge_request.iid,
        "project_id": merge_request.project.id,
        "title": merge_request.title,
        "state": merge_request.state,
        "source_branch": merge_request.source_branch,
        "target_branch": merge_request.target_branch,
        "author": user_entity(call.world, merge_request.author),
        "created_at": format_timestamp(merge_request.created_at),
        "merged_at": format_timestamp(merge_request.merged_at),
        "sha": merge_request.commits[0] if merge_request.commits else None,
        "web_url": f"{place}/-/merge_requests/{merge_request.iid}",
    }


def _note_entity(call: Call, note: MergeRequestNote) -> Entity:
    return {
        "id": note.id,
        "type": None,
        "body": note.body,
        "author": user_entity(call.world, note.author),
        "created_at": format_timestamp(note.created_at),
        "updated_at": format_timestamp(note.updated_at),
        "system": note.is_system,
        "noteable_id": note.merge_request.id,
        "noteable_type": "MergeRequest",
        "noteable_iid": note.merge_request.iid,
        "project_id": note.merge_request.project.id,
        "resolvable": False,
        "confidential": False,
        "internal": False,
        "commands_changes": {},
    }

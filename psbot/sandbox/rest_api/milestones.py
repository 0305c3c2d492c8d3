"""Handlers for milestones of groups and projects."""

from psbot.sandbox.rest_api.call import Call, MissingParameter, RestResponse
from psbot.sandbox.rest_api.entities import issue_entity, milestone_entity
from psbot.sandbox.rest_api.paging import paginate
from psbot.sandbox.rules import access, milestones
from psbot.sandbox.rules.refusals import NotFound
from psbot.sandbox.state.labels import Milestone

_EVENTS = {"close": "closed", "activate": "active"}


def list_milestones(call: Call, *, is_group: bool) -> RestResponse:
    """Return the milestones of a group or project, and on request those of its ancestors."""
    place = call.namespace(is_group=is_group)
    above = bool(call.flag("include_ancestors") or call.flag("include_parent_milestones"))
    found = milestones.list_milestones(call.world, place.self_and_ancestors if above else [place])
    if call.text("state"):
        found = [one for one in found if one.state == call.text("state")]
    if call.text("title"):
        found = [one for one in found if one.title == call.text("title")]
    if call.list_of("iids") is not None:
        found = [one for one in found if str(one.iid) in (call.list_of("iids") or ())]
    text = (call.text("search") or "").lower()
    shown = [one for one in found if text in one.title.lower() or text in one.description.lower()]
    return paginate(call, shown, lambda one: milestone_entity(call.world, one))


def _find_own_milestone(call: Call, *, is_group: bool) -> Milestone:
    place = call.namespace(is_group=is_group)
    found = milestones.list_milestones(call.world, [place])
    milestone = next((one for one in found if str(one.id) == call.path_parameters["milestone_id"]), None)
    if milestone is None:
        raise NotFound("404 Not found")
    return milestone


def get_milestone(call: Call, *, is_group: bool) -> object:
    """Return one milestone."""
    return milestone_entity(call.world, _find_own_milestone(call, is_group=is_group))


def create_milestone(call: Call, *, is_group: bool) -> RestResponse:
    """Create a milestone."""
    place = call.namespace(is_group=is_group)
    milestone = milestones.create_milestone(call.world, call.user, place, call.required("title"))
    _write_fields(call, milestone)
    return RestResponse(milestone_entity(call.world, milestone), 201)


def update_milestone(call: Call, *, is_group: bool) -> object:
    """Change, close or reactivate a milestone."""
    milestone = _find_own_milestone(call, is_group=is_group)
    access.require(access.can_manage_labels(call.world, call.user, milestone.namespace))
    event = call.text("state_event")
    if event and event not in _EVENTS:
        raise MissingParameter("state_event does not have a valid value")
    if call.text("title") is not None:
        milestones.rename_milestone(call.world, milestone, call.required("title"))
    _write_fields(call, milestone)
    milestone.state = _EVENTS[event] if event else milestone.state
    call.world.record_write()
    return milestone_entity(call.world, milestone)


def _write_fields(call: Call, milestone: Milestone) -> None:
    if "description" in call.parameters:
        milestone.description = call.text("description") or ""
    if "due_date" in call.parameters:
        milestone.due_on = call.day("due_date")
    if "start_date" in call.parameters:
        milestone.start_on = call.day("start_date")


def delete_milestone(call: Call, *, is_group: bool) -> RestResponse:
    """Delete a milestone."""
    milestones.delete_milestone(call.world, call.user, _find_own_milestone(call, is_group=is_group))
    return RestResponse(None, 204)


def list_milestone_issues(call: Call, *, is_group: bool) -> RestResponse:
    """Return the issues of a milestone."""
    found = milestones.milestone_items(call.world, call.viewer, _find_own_milestone(call, is_group=is_group))
    return paginate(
        call, [item for item in found if not item.is_epic], lambda item: issue_entity(call.world, item)
    )


def list_milestone_merge_requests(call: Call, *, is_group: bool) -> RestResponse:
    """Return an empty list: merge requests have no milestones in the sandbox."""
    _find_own_milestone(call, is_group=is_group)
    return paginate(call, [], lambda nothing: nothing)

"""Handlers for branches, CI/CD variables and pipeline schedules; all read-only."""

from typing import Any

from psbot.sandbox.rest_api.call import Call, RestResponse
from psbot.sandbox.rest_api.entities import user_entity
from psbot.sandbox.rest_api.paging import paginate
from psbot.sandbox.rules import access
from psbot.sandbox.rules.refusals import NotFound
from psbot.sandbox.state.accounts import AccessLevel, Namespace
from psbot.sandbox.state.project import Branch, CiVariable, PipelineSchedule

Entity = dict[str, Any]


def _find_project(call: Call, role: AccessLevel) -> Namespace:
    found = call.namespace(is_group=False)
    access.require(access.max_access_level(call.world, call.viewer, found) >= role)
    return found


def list_variables(call: Call) -> RestResponse:
    """Return the CI/CD variables; for Maintainers. Hidden ones have no value."""
    found = _find_project(call, AccessLevel.MAINTAINER)
    return paginate(call, call.world.variables_of[found.namespace_id], _variable_entity)


def list_group_variables(call: Call) -> RestResponse:
    """Return the CI/CD variables of a group; for its Owners."""
    found = call.namespace(is_group=True)
    access.require(access.max_access_level(call.world, call.viewer, found) >= AccessLevel.OWNER)
    return paginate(call, call.world.variables_of[found.namespace_id], _variable_entity)


def get_branch(call: Call) -> object:
    """Return one branch; for members who may read the repository."""
    project = _find_project(call, AccessLevel.REPORTER)
    listed = call.world.branches_of[project.namespace_id]
    found = next((each for each in listed if each.name == call.path_parameters["branch"]), None)
    if found is None:
        raise NotFound("404 Branch Not Found")
    return _branch_entity(found)


def _branch_entity(found: Branch) -> Entity:
    return {
        "name": found.name,
        "merged": False,
        "protected": found.is_protected,
        "developers_can_push": False,
        "developers_can_merge": found.developers_can_merge,
        "can_push": False,
        "default": found.name == "main",
    }


def _variable_entity(found: CiVariable) -> Entity:
    return {
        "variable_type": "env_var",
        "key": found.key,
        "value": None if found.is_hidden else found.value,
        "hidden": found.is_hidden,
        "protected": found.is_protected,
        "masked": found.is_masked,
        "raw": False,
        "environment_scope": found.environment_scope,
        "description": None,
    }


def list_schedules(call: Call) -> RestResponse:
    """Return the schedules without their variables; for Reporters (GitLab, project_policy.rb)."""
    found = _find_project(call, AccessLevel.REPORTER)
    return paginate(
        call, call.world.schedules_of[found.namespace_id], lambda each: _schedule_entity(call, each)
    )


def get_schedule(call: Call) -> object:
    """Return one schedule; its owner and Maintainers also get its variables."""
    project = _find_project(call, AccessLevel.REPORTER)
    listed = call.world.schedules_of[project.namespace_id]
    found = next((each for each in listed if str(each.id) == call.path_parameters["schedule_id"]), None)
    if found is None:
        raise NotFound("404 Pipeline Schedule Not Found")
    shown = _schedule_entity(call, found)
    if (
        found.owner is call.user
        or access.max_access_level(call.world, call.viewer, project) >= AccessLevel.MAINTAINER
    ):
        shown["variables"] = [
            {"variable_type": "env_var", "key": key, "value": value} for key, value in found.variables
        ]
    return shown


def _schedule_entity(call: Call, found: PipelineSchedule) -> Entity:
    return {
        "id": found.id,
        "description": found.description,
        "ref": found.ref,
        "cron": found.cron,
        "cron_timezone": "UTC",
        "next_run_at": None,
        "active": found.is_active,
        "owner": found.owner and user_entity(call.world, found.owner),
    }

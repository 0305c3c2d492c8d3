"""A project's branches, and the variables and schedules of its pipelines, to read."""

from typing import Any

from psbot.sandbox.rest_api.call import Answer, Call
from psbot.sandbox.rest_api.entities import user_entity
from psbot.sandbox.rest_api.paging import paged
from psbot.sandbox.rules import access
from psbot.sandbox.rules.refusals import NotFound
from psbot.sandbox.state.accounts import Access, Namespace
from psbot.sandbox.state.project import Branch, Schedule, Variable

Entity = dict[str, Any]


def _project(call: Call, role: Access) -> Namespace:
    found = call.namespace(is_group=False)
    access.require(access.level(call.world, call.viewer, found) >= role)
    return found


def variables(call: Call) -> Answer:
    """Return the variables, for Maintainers; a hidden one has no value."""
    found = _project(call, Access.MAINTAINER)
    return paged(call, call.world.variables_of[found.namespace_id], _variable)


def group_variables(call: Call) -> Answer:
    """Return the variables of a group, for its Owners."""
    found = call.namespace(is_group=True)
    access.require(access.level(call.world, call.viewer, found) >= Access.OWNER)
    return paged(call, call.world.variables_of[found.namespace_id], _variable)


def branch(call: Call) -> object:
    """Return one branch, for those who may read the repository."""
    project = _project(call, Access.REPORTER)
    listed = call.world.branches_of[project.namespace_id]
    found = next((each for each in listed if each.name == call.parts["branch"]), None)
    if found is None:
        raise NotFound("404 Branch Not Found")
    return _branch(found)


def _branch(found: Branch) -> Entity:
    return {
        "name": found.name,
        "merged": False,
        "protected": found.is_protected,
        "developers_can_push": False,
        "developers_can_merge": found.developers_can_merge,
        "can_push": False,
        "default": found.name == "main",
    }


def _variable(found: Variable) -> Entity:
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


def schedules(call: Call) -> Answer:
    """Return the schedules, for Reporters (GitLab, project_policy.rb); their variables are shown one by one."""
    found = _project(call, Access.REPORTER)
    return paged(call, call.world.schedules_of[found.namespace_id], lambda each: _schedule(call, each))


def schedule(call: Call) -> object:
    """Return one schedule; its variables are for its owner and for Maintainers."""
    project = _project(call, Access.REPORTER)
    listed = call.world.schedules_of[project.namespace_id]
    found = next((each for each in listed if str(each.id) == call.parts["schedule_id"]), None)
    if found is None:
        raise NotFound("404 Pipeline Schedule Not Found")
    shown = _schedule(call, found)
    if found.owner is call.user or access.level(call.world, call.viewer, project) >= Access.MAINTAINER:
        shown["variables"] = [
            {"variable_type": "env_var", "key": key, "value": value} for key, value in found.variables
        ]
    return shown


def _schedule(call: Call, found: Schedule) -> Entity:
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

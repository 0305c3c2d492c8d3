"""Handlers for groups, projects and their members."""

from psbot.sandbox.rest_api.call import Call, RestResponse
from psbot.sandbox.rest_api.entities import member_entity, namespace_entity
from psbot.sandbox.rest_api.paging import paginate
from psbot.sandbox.rules import access
from psbot.sandbox.rules.membership import ALL_RELATIONS, DIRECT, list_memberships, search_memberships
from psbot.sandbox.rules.refusals import Conflict, Invalid, NotFound
from psbot.sandbox.state.accounts import AccessLevel, Membership, Namespace, Share

_ACCESS_LEVELS = {int(role): role for role in AccessLevel}


def _list_response(call: Call, found: list[Namespace]) -> RestResponse:
    visible = [one for one in found if call.can_read(one)]
    text = (call.text("search") or "").lower()
    matching_text = [one for one in visible if text in one.name.lower() or text in one.path.lower()]
    return paginate(call, matching_text, lambda one: namespace_entity(call.world, one))


def list_groups(call: Call) -> RestResponse:
    """Return the groups that the user may see: all of them, or only top-level groups."""
    found = [one for one in call.world.namespaces.values() if one.is_group]
    skipped = call.list_of("skip_groups") or ()
    found = [one for one in found if str(one.id) not in skipped]
    if call.flag("top_level_only"):
        found = [one for one in found if one.parent is None]
    if call.flag("owned"):
        found = [
            one for one in found if access.max_access_level(call.world, call.viewer, one) >= AccessLevel.OWNER
        ]
    return _list_response(call, sorted(found, key=lambda one: one.name))


def get_group(call: Call) -> object:
    """Return a group with its direct projects."""
    found = call.namespace(is_group=True)
    below = [
        one for one in call.world.children_of[found.namespace_id] if not one.is_group and call.can_read(one)
    ]
    return {
        **namespace_entity(call.world, found),
        "projects": [namespace_entity(call.world, one) for one in below],
    }


def create_group(call: Call) -> RestResponse:
    """Create a group; its creator becomes the Owner."""
    parent_id = call.text("parent_id")
    parent = call.find_namespace(parent_id, is_group=True) if parent_id else None
    if parent:
        access.require(access.max_access_level(call.world, call.user, parent) >= AccessLevel.OWNER)
    path = call.required("path")
    group = _create_namespace(call, path, call.required("name"), parent, is_group=True)
    return RestResponse(namespace_entity(call.world, group), 201)


def _create_namespace(
    call: Call, path: str, name: str, parent: Namespace | None, *, is_group: bool
) -> Namespace:
    full_path = f"{parent.full_path}/{path}" if parent else path
    if call.world.namespace(full_path):
        raise Invalid({"path": ["has already been taken"]})
    namespace = call.world.add_namespace(
        path,
        is_group=is_group,
        name=name,
        parent=parent,
        visibility=call.text("visibility") or "private",
        description=call.text("description") or "",
    )
    call.world.add_member(namespace, call.user, AccessLevel.OWNER)
    return namespace


def update_namespace(call: Call, *, is_group: bool) -> object:
    """Change the name, description or visibility of a group or a project."""
    found = call.namespace(is_group=is_group)
    access.require(access.max_access_level(call.world, call.user, found) >= AccessLevel.MAINTAINER)
    found.name = call.text("name") or found.name
    found.description = (
        found.description if call.text("description") is None else call.required("description")
    )
    found.visibility = call.text("visibility") or found.visibility
    call.world.record_write()
    return namespace_entity(call.world, found)


def delete_namespace(call: Call, *, is_group: bool) -> RestResponse:
    """Delete a group or a project with everything below it."""
    found = call.namespace(is_group=is_group)
    access.require(access.max_access_level(call.world, call.user, found) >= AccessLevel.OWNER)
    call.world.remove_namespace(found)
    return RestResponse({"message": "202 Accepted"}, 202)


def list_subgroups(call: Call, *, everything: bool) -> RestResponse:
    """Return the subgroups of a group."""
    found = call.namespace(is_group=True)
    below = list(call.world.subtree(found))[1:] if everything else call.world.children_of[found.namespace_id]
    return _list_response(call, [one for one in below if one.is_group])


def list_group_projects(call: Call) -> RestResponse:
    """Return the projects of a group."""
    found = call.namespace(is_group=True)
    everything = call.flag("include_subgroups")
    below = list(call.world.subtree(found)) if everything else call.world.children_of[found.namespace_id]
    return _list_response(call, [one for one in below if not one.is_group])


def list_projects(call: Call) -> RestResponse:
    """Return the projects that the user may see."""
    found = [one for one in call.world.namespaces.values() if not one.is_group]
    if call.flag("membership"):
        found = [one for one in found if access.max_access_level(call.world, call.viewer, one)]
    return _list_response(call, sorted(found, key=lambda one: -one.id))


def get_project(call: Call) -> object:
    """Return a project; with its default branch for members who may read the repository."""
    found = call.namespace(is_group=False)
    shown = namespace_entity(call.world, found)
    if access.max_access_level(call.world, call.viewer, found) >= AccessLevel.REPORTER:
        shown["default_branch"] = "main"
    return shown


def archive_project(call: Call, *, archived: bool) -> RestResponse:
    """Archive or unarchive a project."""
    found = call.namespace(is_group=False)
    access.require(access.max_access_level(call.world, call.user, found) >= AccessLevel.OWNER)
    found.is_archived = archived
    call.world.record_write()
    return RestResponse(namespace_entity(call.world, found), 201)


def create_project(call: Call) -> RestResponse:
    """Create a project in a group, or in the user's own namespace."""
    where = call.text("namespace_id")
    name = call.text("name") or call.required("path")
    if where:
        parent = call.find_namespace(where, is_group=True)
        access.require(access.max_access_level(call.world, call.user, parent) >= AccessLevel.DEVELOPER)
    else:
        parent = call.world.ensure_namespace(call.user.username, is_group=True)
    path = call.text("path") or name.lower().replace(" ", "-")
    return RestResponse(
        namespace_entity(call.world, _create_namespace(call, path, name, parent, is_group=False)), 201
    )


def list_members(call: Call, *, is_group: bool, inherited: bool) -> RestResponse:
    """Return the direct members, or with *inherited* all of them."""
    found = call.namespace(is_group=is_group)
    relations = ALL_RELATIONS if inherited else frozenset({DIRECT})
    shown = search_memberships(list_memberships(call.world, found, relations), call.text("query"))
    wanted = call.list_of("user_ids")
    if wanted is not None:
        shown = [one for one in shown if str(one.user.id) in wanted]
    return paginate(call, shown, lambda one: member_entity(call.world, one))


def get_member(call: Call, *, is_group: bool, inherited: bool) -> object:
    """Return one membership."""
    found = call.namespace(is_group=is_group)
    relations = ALL_RELATIONS if inherited else frozenset({DIRECT})
    return member_entity(call.world, _find_membership(call, list_memberships(call.world, found, relations)))


def _find_membership(call: Call, found: list[Membership]) -> Membership:
    entry = next((one for one in found if str(one.user.id) == call.path_parameters["user_id"]), None)
    if entry is None:
        raise NotFound("404 Not found")
    return entry


def add_member(call: Call, *, is_group: bool) -> RestResponse:
    """Add a member. Raises Conflict for an existing member."""
    found = call.namespace(is_group=is_group)
    access.require(access.max_access_level(call.world, call.user, found) >= AccessLevel.MAINTAINER)
    number, role = call.number("user_id"), call.number("access_level")
    user = call.world.user_by_id(number or 0)
    if user is None:
        raise NotFound("404 User Not Found")
    if role not in _ACCESS_LEVELS:
        raise Invalid({"access_level": ["is not included in the list"]})
    if (found.namespace_id, user.id) in call.world.memberships:
        raise Conflict("Member already exists")
    return RestResponse(
        member_entity(call.world, call.world.add_member(found, user, _ACCESS_LEVELS[role])), 201
    )


def update_member(call: Call, *, is_group: bool) -> object:
    """Change the role of a direct member."""
    found = call.namespace(is_group=is_group)
    access.require(access.max_access_level(call.world, call.user, found) >= AccessLevel.MAINTAINER)
    entry = _find_membership(call, list_memberships(call.world, found, frozenset({DIRECT})))
    role = call.number("access_level")
    if role not in _ACCESS_LEVELS:
        raise Invalid({"access_level": ["is not included in the list"]})
    return member_entity(call.world, call.world.add_member(found, entry.user, _ACCESS_LEVELS[role]))


def remove_member(call: Call, *, is_group: bool) -> RestResponse:
    """Remove a direct member."""
    found = call.namespace(is_group=is_group)
    access.require(access.max_access_level(call.world, call.user, found) >= AccessLevel.MAINTAINER)
    entry = _find_membership(call, list_memberships(call.world, found, frozenset({DIRECT})))
    del call.world.memberships[(found.namespace_id, entry.user.id)]
    call.world.record_write()
    return RestResponse(None, 204)


def share_with_group(call: Call, *, is_group: bool) -> RestResponse:
    """Share a group or a project with a group. Raises Conflict if it is shared already."""
    found = call.namespace(is_group=is_group)
    access.require(access.max_access_level(call.world, call.user, found) >= _level_to_share(is_group))
    invited, role = call.find_namespace(call.required("group_id"), is_group=True), call.number("group_access")
    if role not in _ACCESS_LEVELS or invited is found:
        raise Invalid({"group_access": ["is not included in the list"]})
    if any(one.group is invited for one in found.shares):
        raise Conflict("Group already shared with this group")
    found.shares.append(Share(invited, _ACCESS_LEVELS[role]))
    call.world.record_write()
    return RestResponse(namespace_entity(call.world, found), 201)


def unshare_with_group(call: Call, *, is_group: bool) -> RestResponse:
    """Stop sharing a group or a project with a group."""
    found = call.namespace(is_group=is_group)
    access.require(access.max_access_level(call.world, call.user, found) >= _level_to_share(is_group))
    share = next((one for one in found.shares if str(one.group.id) == call.path_parameters["group_id"]), None)
    if share is None:
        raise NotFound("404 Not found")
    found.shares.remove(share)
    call.world.record_write()
    return RestResponse(None, 204)


def _level_to_share(is_group: bool) -> AccessLevel:
    return AccessLevel.OWNER if is_group else AccessLevel.MAINTAINER

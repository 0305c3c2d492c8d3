"""Groups, projects and their members."""

from psbot.sandbox.rest_api.call import Answer, Call
from psbot.sandbox.rest_api.entities import member_entity, namespace_entity
from psbot.sandbox.rest_api.paging import paged
from psbot.sandbox.rules import access
from psbot.sandbox.rules.membership import DIRECT, EVERYBODY, matching, memberships
from psbot.sandbox.rules.refusals import Conflict, Invalid, NotFound
from psbot.sandbox.state.accounts import Access, Membership, Namespace, Share

_ROLES = {int(role): role for role in Access}


def _shown(call: Call, found: list[Namespace]) -> Answer:
    visible = [one for one in found if call.reads(one)]
    text = (call.text("search") or "").lower()
    matching_text = [one for one in visible if text in one.name.lower() or text in one.path.lower()]
    return paged(call, matching_text, lambda one: namespace_entity(call.world, one))


def groups(call: Call) -> Answer:
    """Return the groups that the user may see; all of them or those at the top."""
    found = [one for one in call.world.namespaces.values() if one.is_group]
    skipped = call.names("skip_groups") or ()
    found = [one for one in found if str(one.id) not in skipped]
    if call.flag("top_level_only"):
        found = [one for one in found if one.parent is None]
    if call.flag("owned"):
        found = [one for one in found if access.level(call.world, call.viewer, one) >= Access.OWNER]
    return _shown(call, sorted(found, key=lambda one: one.name))


def group(call: Call) -> object:
    """Return a group with the projects right below it."""
    found = call.namespace(is_group=True)
    below = [
        one for one in call.world.children_of[found.namespace_id] if not one.is_group and call.reads(one)
    ]
    return {
        **namespace_entity(call.world, found),
        "projects": [namespace_entity(call.world, one) for one in below],
    }


def create_group(call: Call) -> Answer:
    """Make a group; who makes it owns it."""
    parent_id = call.text("parent_id")
    parent = call.place(parent_id, is_group=True) if parent_id else None
    if parent:
        access.require(access.level(call.world, call.user, parent) >= Access.OWNER)
    path = call.required("path")
    made = _make(call, path, call.required("name"), parent, is_group=True)
    return Answer(namespace_entity(call.world, made), 201)


def _make(call: Call, path: str, name: str, parent: Namespace | None, *, is_group: bool) -> Namespace:
    full_path = f"{parent.full_path}/{path}" if parent else path
    if call.world.namespace(full_path):
        raise Invalid({"path": ["has already been taken"]})
    made = call.world.add_namespace(
        path,
        is_group=is_group,
        name=name,
        parent=parent,
        visibility=call.text("visibility") or "private",
        description=call.text("description") or "",
    )
    call.world.add_member(made, call.user, Access.OWNER)
    return made


def update_place(call: Call, *, is_group: bool) -> object:
    """Rename or redescribe a group or a project."""
    found = call.namespace(is_group=is_group)
    access.require(access.level(call.world, call.user, found) >= Access.MAINTAINER)
    found.name = call.text("name") or found.name
    found.description = (
        found.description if call.text("description") is None else call.required("description")
    )
    found.visibility = call.text("visibility") or found.visibility
    call.world.tick()
    return namespace_entity(call.world, found)


def delete_place(call: Call, *, is_group: bool) -> Answer:
    """Delete a group or a project, with what lies below it."""
    found = call.namespace(is_group=is_group)
    access.require(access.level(call.world, call.user, found) >= Access.OWNER)
    call.world.remove_namespace(found)
    return Answer({"message": "202 Accepted"}, 202)


def subgroups(call: Call, *, everything: bool) -> Answer:
    """Return the groups below a group."""
    found = call.namespace(is_group=True)
    below = list(call.world.subtree(found))[1:] if everything else call.world.children_of[found.namespace_id]
    return _shown(call, [one for one in below if one.is_group])


def group_projects(call: Call) -> Answer:
    """Return the projects of a group."""
    found = call.namespace(is_group=True)
    everything = call.flag("include_subgroups")
    below = list(call.world.subtree(found)) if everything else call.world.children_of[found.namespace_id]
    return _shown(call, [one for one in below if not one.is_group])


def projects(call: Call) -> Answer:
    """Return the projects that the user may see."""
    found = [one for one in call.world.namespaces.values() if not one.is_group]
    if call.flag("membership"):
        found = [one for one in found if access.level(call.world, call.viewer, one)]
    return _shown(call, sorted(found, key=lambda one: -one.id))


def project(call: Call) -> object:
    """Return a project; its default branch is for those who may read the repository."""
    found = call.namespace(is_group=False)
    shown = namespace_entity(call.world, found)
    if access.level(call.world, call.viewer, found) >= Access.REPORTER:
        shown["default_branch"] = "main"
    return shown


def archive_project(call: Call, *, archived: bool) -> Answer:
    """Make a project read-only, or writable again."""
    found = call.namespace(is_group=False)
    access.require(access.level(call.world, call.user, found) >= Access.OWNER)
    found.is_archived = archived
    call.world.tick()
    return Answer(namespace_entity(call.world, found), 201)


def create_project(call: Call) -> Answer:
    """Make a project in a group, or in the user's own namespace."""
    where = call.text("namespace_id")
    name = call.text("name") or call.required("path")
    if where:
        parent = call.place(where, is_group=True)
        access.require(access.level(call.world, call.user, parent) >= Access.DEVELOPER)
    else:
        parent = call.world.add_path(call.user.username, is_group=True)
    path = call.text("path") or name.lower().replace(" ", "-")
    return Answer(namespace_entity(call.world, _make(call, path, name, parent, is_group=False)), 201)


def members(call: Call, *, is_group: bool, inherited: bool) -> Answer:
    """Return members: direct ones, or the inherited with them."""
    found = call.namespace(is_group=is_group)
    relations = EVERYBODY if inherited else frozenset({DIRECT})
    shown = matching(memberships(call.world, found, relations), call.text("query"))
    wanted = call.names("user_ids")
    if wanted is not None:
        shown = [one for one in shown if str(one.user.id) in wanted]
    return paged(call, shown, lambda one: member_entity(call.world, one))


def member(call: Call, *, is_group: bool, inherited: bool) -> object:
    """Return one membership."""
    found = call.namespace(is_group=is_group)
    relations = EVERYBODY if inherited else frozenset({DIRECT})
    return member_entity(call.world, _membership(call, memberships(call.world, found, relations)))


def _membership(call: Call, found: list[Membership]) -> Membership:
    entry = next((one for one in found if str(one.user.id) == call.parts["user_id"]), None)
    if entry is None:
        raise NotFound("404 Not found")
    return entry


def add_member(call: Call, *, is_group: bool) -> Answer:
    """Make somebody a member. Raises Conflict for one who is."""
    found = call.namespace(is_group=is_group)
    access.require(access.level(call.world, call.user, found) >= Access.MAINTAINER)
    number, role = call.number("user_id"), call.number("access_level")
    user = call.world.user_by_id(number or 0)
    if user is None:
        raise NotFound("404 User Not Found")
    if role not in _ROLES:
        raise Invalid({"access_level": ["is not included in the list"]})
    if (found.namespace_id, user.id) in call.world.memberships:
        raise Conflict("Member already exists")
    return Answer(member_entity(call.world, call.world.add_member(found, user, _ROLES[role])), 201)


def update_member(call: Call, *, is_group: bool) -> object:
    """Give a direct member another role."""
    found = call.namespace(is_group=is_group)
    access.require(access.level(call.world, call.user, found) >= Access.MAINTAINER)
    entry = _membership(call, memberships(call.world, found, frozenset({DIRECT})))
    role = call.number("access_level")
    if role not in _ROLES:
        raise Invalid({"access_level": ["is not included in the list"]})
    return member_entity(call.world, call.world.add_member(found, entry.user, _ROLES[role]))


def remove_member(call: Call, *, is_group: bool) -> Answer:
    """Take a direct membership away."""
    found = call.namespace(is_group=is_group)
    access.require(access.level(call.world, call.user, found) >= Access.MAINTAINER)
    entry = _membership(call, memberships(call.world, found, frozenset({DIRECT})))
    del call.world.memberships[(found.namespace_id, entry.user.id)]
    call.world.tick()
    return Answer(None, 204)


def share(call: Call, *, is_group: bool) -> Answer:
    """Invite a group to a group or a project. Raises Conflict for one that is invited."""
    found = call.namespace(is_group=is_group)
    access.require(access.level(call.world, call.user, found) >= _sharer(is_group))
    invited, role = call.place(call.required("group_id"), is_group=True), call.number("group_access")
    if role not in _ROLES or invited is found:
        raise Invalid({"group_access": ["is not included in the list"]})
    if any(one.group is invited for one in found.shares):
        raise Conflict("Group already shared with this group")
    found.shares.append(Share(invited, _ROLES[role]))
    call.world.tick()
    return Answer(namespace_entity(call.world, found), 201)


def unshare(call: Call, *, is_group: bool) -> Answer:
    """Take an invitation back."""
    found = call.namespace(is_group=is_group)
    access.require(access.level(call.world, call.user, found) >= _sharer(is_group))
    gone = next((one for one in found.shares if str(one.group.id) == call.parts["group_id"]), None)
    if gone is None:
        raise NotFound("404 Not found")
    found.shares.remove(gone)
    call.world.tick()
    return Answer(None, 204)


def _sharer(is_group: bool) -> Access:
    return Access.OWNER if is_group else Access.MAINTAINER

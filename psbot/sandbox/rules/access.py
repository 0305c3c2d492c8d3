"""Who may see and do what, following GitLab's documentation of roles and permissions."""

from psbot.sandbox.rules.refusals import Forbidden
from psbot.sandbox.state.accounts import AccessLevel, Namespace, User
from psbot.sandbox.state.model import ItemType, Note, WorkItem
from psbot.sandbox.state.world import World

_CONFIDENTIAL_LEVEL = (
    AccessLevel.PLANNER
)  # confidential items and internal notes are open to this role and above


def max_access_level(world: World, user: User | None, namespace: Namespace) -> AccessLevel:
    """Return the user's highest access level in *namespace*, inherited or through invited groups too."""
    if user is None:
        return AccessLevel.NONE
    if user.is_admin:
        return AccessLevel.OWNER
    direct = _membership_level(world, user, namespace)
    invited = (
        min(share.access_level, _membership_level(world, user, share.group))
        for ns in namespace.self_and_ancestors
        for share in ns.shares
    )
    return max(direct, *invited, AccessLevel.NONE)


def _membership_level(world: World, user: User, namespace: Namespace) -> AccessLevel:
    """Return the highest access level of a membership in *namespace* or above, without invited groups."""
    today = world.clock.now().date()
    found = (world.memberships.get((ns.namespace_id, user.id)) for ns in namespace.self_and_ancestors)
    valid = (
        entry.access_level
        for entry in found
        if entry and (entry.expires_on is None or entry.expires_on > today)
    )
    return max(valid, default=AccessLevel.NONE)


def _compute_readable(world: World, user: User | None, namespace: Namespace) -> bool:
    """Tell whether the user may see *namespace*; members of anything below a group see the group."""
    if namespace.visibility == "public" or (namespace.visibility == "internal" and user is not None):
        return True
    if max_access_level(world, user, namespace):
        return True
    return namespace.is_group and any(
        max_access_level(world, user, below) for below in world.subtree(namespace) if below is not namespace
    )


def is_readable(world: World, user: User | None, namespace: Namespace) -> bool:
    """Tell whether the user may see *namespace*; cached until the next write."""
    key = ("readable", user.id if user else 0, namespace.namespace_id)
    if key not in world.cache:
        world.cache[key] = _compute_readable(world, user, namespace)
    return bool(world.cache[key])


def can_read_confidential(world: World, user: User | None, namespace: Namespace) -> bool:
    """Tell whether the user may read confidential items and internal notes in *namespace*."""
    key = ("reads all", user.id if user else 0, namespace.namespace_id)
    if key not in world.cache:
        world.cache[key] = max_access_level(world, user, namespace) >= _CONFIDENTIAL_LEVEL
    return bool(world.cache[key])


def has_items(world: World, namespace: Namespace) -> bool:
    """Tell whether a group is licensed for epics, or a project has issues switched on.

    Without it lists are empty and items cannot be created (GitLab, ee/app/finders/ee/work_items/work_items_finder.rb
    and ee/app/policies/ee/group_policy.rb of 18.5 to 19.1).
    """
    return world.has_epics if namespace.is_group else namespace.has_issues


def can_read(world: World, user: User | None, item: WorkItem) -> bool:
    """Tell whether the user may see *item*; confidential ones need author, assignee or the Planner role."""
    if not is_readable(world, user, item.namespace) or not has_items(world, item.namespace):
        return False
    if item.author.state == "banned" and not (user and user.is_admin):
        return False  # GitLab, app/policies/issue_policy.rb: hidden & ~admin
    if not item.confidential:
        return True
    return user in (item.author, *item.assignees) or can_read_confidential(world, user, item.namespace)


def can_read_note(world: World, user: User | None, note: Note) -> bool:
    """Tell whether the user may see *note* on a visible item."""
    if note.mentions is not None and not can_read(world, user, note.mentions):
        return False
    # Not even its author reads an internal note below that role (GitLab, app/policies/note_policy.rb@05f0ebba).
    return not note.is_internal or can_read_confidential(world, user, note.item.namespace)


def can_update(world: World, user: User | None, item: WorkItem) -> bool:
    """Tell whether the user may edit title, description and state: author, assignee, or at least a Planner.

    Authors and assignees of incidents may not (GitLab, app/policies/issuable_policy.rb, config/authz/roles/guest.yml).
    """
    if not can_read(world, user, item) or item.namespace.is_read_only:
        return False
    is_involved = user in (item.author, *item.assignees) and item.type is not ItemType.INCIDENT
    return is_involved or can_set_metadata(world, user, item)


def can_set_metadata(world: World, user: User | None, item: WorkItem) -> bool:
    """Tell whether the user may set labels, assignees, dates and parents of an existing item."""
    return (
        max_access_level(world, user, item.namespace) >= AccessLevel.PLANNER
        and not item.namespace.is_read_only
    )


def can_create(world: World, user: User | None, namespace: Namespace) -> bool:
    """Tell whether the user may create items: Guests in projects, Planners in groups."""
    if user is None or namespace.is_read_only or not is_readable(world, user, namespace):
        return False
    if not has_items(world, namespace):
        return False
    if namespace.is_group:
        return max_access_level(world, user, namespace) >= AccessLevel.PLANNER
    return namespace.visibility != "private" or max_access_level(world, user, namespace) >= AccessLevel.GUEST


def can_delete(world: World, user: User | None, item: WorkItem) -> bool:
    """Tell whether the user may delete *item*: Owners and Planners."""
    role = max_access_level(world, user, item.namespace)
    return role in (AccessLevel.OWNER, AccessLevel.PLANNER) and not item.namespace.is_read_only


def can_comment(world: World, user: User | None, item: WorkItem) -> bool:
    """Tell whether the user may write notes; on locked items only members may."""
    if user is None or item.namespace.is_read_only or not can_read(world, user, item):
        return False
    return not item.is_locked or max_access_level(world, user, item.namespace) > AccessLevel.NONE


def can_manage_labels(world: World, user: User | None, namespace: Namespace) -> bool:
    """Tell whether the user may create and change labels."""
    return max_access_level(world, user, namespace) >= AccessLevel.PLANNER and not namespace.is_read_only


def require(allowed: bool, message: str = "403 Forbidden") -> None:
    """Raise Forbidden unless *allowed*."""
    if not allowed:
        raise Forbidden(message)

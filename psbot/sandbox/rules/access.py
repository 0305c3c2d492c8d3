"""Who may see and do what, after GitLab's documentation of roles and permissions."""

from psbot.sandbox.rules.refusals import Forbidden
from psbot.sandbox.state.accounts import Access, Namespace, User
from psbot.sandbox.state.model import Note, WorkItem
from psbot.sandbox.state.world import World

_READS_ALL = Access.PLANNER  # confidential items and internal notes are open to this role and above


def level(world: World, user: User | None, namespace: Namespace) -> Access:
    """Return the user's highest role in *namespace*, inherited ones and those of invited groups included."""
    if user is None:
        return Access.NONE
    if user.is_admin:
        return Access.OWNER
    own = _as_member(world, user, namespace)
    invited = (
        min(share.access, _as_member(world, user, share.group))
        for ns in namespace.lineage
        for share in ns.shares
    )
    return max(own, *invited, Access.NONE)


def _as_member(world: World, user: User, namespace: Namespace) -> Access:
    """Return the highest role by a membership in *namespace* or above, invitations of groups aside."""
    today = world.clock.now().date()
    found = (world.memberships.get((ns.namespace_id, user.id)) for ns in namespace.lineage)
    valid = (
        entry.access for entry in found if entry and (entry.expires_on is None or entry.expires_on > today)
    )
    return max(valid, default=Access.NONE)


def can_read_namespace(world: World, user: User | None, namespace: Namespace) -> bool:
    """Tell whether the user may see *namespace*; a member of something below a group sees that group."""
    if namespace.visibility == "public" or (namespace.visibility == "internal" and user is not None):
        return True
    if level(world, user, namespace):
        return True
    return namespace.is_group and any(
        level(world, user, below) for below in world.subtree(namespace) if below is not namespace
    )


def readable(world: World, user: User | None, namespace: Namespace) -> bool:
    """Tell the same as can_read_namespace, from the cache."""
    key = ("readable", user.id if user else 0, namespace.namespace_id)
    if key not in world.cache:
        world.cache[key] = can_read_namespace(world, user, namespace)
    return bool(world.cache[key])


def reads_all(world: World, user: User | None, namespace: Namespace) -> bool:
    """Tell whether the user may read confidential items and internal notes in *namespace*."""
    key = ("reads all", user.id if user else 0, namespace.namespace_id)
    if key not in world.cache:
        world.cache[key] = level(world, user, namespace) >= _READS_ALL
    return bool(world.cache[key])


def can_read(world: World, user: User | None, item: WorkItem) -> bool:
    """Tell whether the user may see *item*; confidential ones are for author, assignees and Planners up."""
    if not readable(world, user, item.namespace) or (item.is_epic and not world.has_epics):
        return False
    if not item.confidential:
        return True
    return user in (item.author, *item.assignees) or reads_all(world, user, item.namespace)


def can_read_note(world: World, user: User | None, note: Note) -> bool:
    """Tell whether the user may see *note* on an item that the user sees."""
    if note.mentions is not None and not can_read(world, user, note.mentions):
        return False
    return not note.is_internal or note.author is user or reads_all(world, user, note.item.namespace)


def can_update(world: World, user: User | None, item: WorkItem) -> bool:
    """Tell whether the user may edit title, description and state: the author, or from Planner up."""
    if not can_read(world, user, item) or item.namespace.is_read_only:
        return False
    return user is item.author or can_set_metadata(world, user, item)


def can_set_metadata(world: World, user: User | None, item: WorkItem) -> bool:
    """Tell whether the user may set labels, assignees, dates and parents of an existing item."""
    return level(world, user, item.namespace) >= Access.PLANNER and not item.namespace.is_read_only


def can_create(world: World, user: User | None, namespace: Namespace) -> bool:
    """Tell whether the user may add items: Guests to projects, from Planner up to groups."""
    if user is None or namespace.is_read_only or not readable(world, user, namespace):
        return False
    if namespace.is_group:
        return level(world, user, namespace) >= Access.PLANNER
    return namespace.visibility != "private" or level(world, user, namespace) >= Access.GUEST


def can_delete(world: World, user: User | None, item: WorkItem) -> bool:
    """Tell whether the user may delete *item*: Owners and Planners."""
    role = level(world, user, item.namespace)
    return role in (Access.OWNER, Access.PLANNER) and not item.namespace.is_read_only


def can_comment(world: World, user: User | None, item: WorkItem) -> bool:
    """Tell whether the user may write notes; on locked items only members do."""
    if user is None or item.namespace.is_read_only or not can_read(world, user, item):
        return False
    return not item.is_locked or level(world, user, item.namespace) > Access.NONE


def can_manage_labels(world: World, user: User | None, namespace: Namespace) -> bool:
    """Tell whether the user may create and change labels."""
    return level(world, user, namespace) >= Access.PLANNER and not namespace.is_read_only


def require(allowed: bool, what: str = "403 Forbidden") -> None:
    """Raise Forbidden unless *allowed*."""
    if not allowed:
        raise Forbidden(what)

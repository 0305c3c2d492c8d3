"""URLs of groups, projects, items, notes and users."""

from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.model import Note, WorkItem
from psbot.sandbox.state.world import World


def namespace_url(world: World, namespace: Namespace) -> str:
    """Return the URL of a group or a project."""
    return f"{world.url}/{'groups/' if namespace.is_group else ''}{namespace.full_path}"


def item_path(item: WorkItem) -> str:
    """Return the path of an item's page."""
    if item.is_epic:
        return f"/groups/{item.namespace.full_path}/-/epics/{item.iid}"
    kind = "issues" if item.type.value in ("ISSUE", "INCIDENT") else "work_items"
    return f"/{item.namespace.full_path}/-/{kind}/{item.iid}"


def item_url(world: World, item: WorkItem) -> str:
    """Return the URL of an item."""
    return world.url + item_path(item)


def note_url(world: World, note: Note) -> str:
    """Return the URL of a note on its item's page."""
    return f"{item_url(world, note.item)}#note_{note.id}"


def user_url(world: World, user: User) -> str:
    """Return the URL of a user."""
    return f"{world.url}/{user.username}"

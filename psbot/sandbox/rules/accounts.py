"""Creates and deletes accounts, as administrators and group owners may."""

from psbot.sandbox.rules import access
from psbot.sandbox.rules.refusals import Conflict, Forbidden
from psbot.sandbox.state.accounts import AccessLevel, Namespace, User, UserKind
from psbot.sandbox.state.world import World

GHOST = "ghost"


def create_user(world: World, actor: User, username: str, name: str, kind: UserKind = UserKind.HUMAN) -> User:
    """Create an account, as an administrator. Raises Forbidden and Conflict."""
    access.require(actor.is_admin)
    return _add_account(world, username, name, kind)


def create_service_account(world: World, actor: User, group: Namespace, username: str, name: str) -> User:
    """Create a service account of a top-level group, as its Owner; it has no memberships yet."""
    if group.parent is not None or access.max_access_level(world, actor, group) < AccessLevel.OWNER:
        raise Forbidden("403 Forbidden")
    return _add_account(world, username, name, UserKind.SERVICE_ACCOUNT)


def _add_account(world: World, username: str, name: str, kind: UserKind) -> User:
    if world.user(username) or world.namespace(username):
        raise Conflict("Username has already been taken")
    user = world.add_user(username, name, kind)
    world.record_write()
    return user


def delete_user(world: World, actor: User, user: User, *, with_contributions: bool) -> None:
    """Delete an account; its contributions go to the ghost user, or are deleted too."""
    access.require(actor.is_admin)
    for item in [one for one in world.items.values() if one.author is user and with_contributions]:
        world.remove_item(item)
    for note in [one for one in world.notes.values() if one.author is user and with_contributions]:
        note.item.notes.remove(note)
        del world.notes[note.id]
    _reassign_to_ghost(world, user)
    for key in [key for key in world.memberships if key[1] == user.id]:
        del world.memberships[key]
    for value in [value for value, token in world.tokens.items() if token.user is user]:
        del world.tokens[value]
    del world.users[user.username.lower()]
    world.record_write()


def _reassign_to_ghost(world: World, user: User) -> None:
    ghost = world.user(GHOST) or world.add_user(GHOST, "Ghost User", UserKind.GHOST)
    for item in world.items.values():
        item.author = ghost if item.author is user else item.author
        item.assignees[:] = [one for one in item.assignees if one is not user]
        item.last_edited_by = ghost if item.last_edited_by is user else item.last_edited_by
        item.closed_by = ghost if item.closed_by is user else item.closed_by
    for note in world.notes.values():
        note.author = ghost if note.author is user else note.author

"""Accounts: made by administrators, as service accounts by owners of groups, and deleted."""

from psbot.sandbox.rules import access
from psbot.sandbox.rules.refusals import Conflict, Forbidden
from psbot.sandbox.state.accounts import Access, Namespace, User, UserKind
from psbot.sandbox.state.world import World

GHOST = "ghost"


def create_user(world: World, by: User, username: str, name: str, kind: UserKind = UserKind.HUMAN) -> User:
    """Make an account, as an administrator. Raises Forbidden and Conflict."""
    access.require(by.is_admin)
    return _made(world, username, name, kind)


def create_service_account(world: World, by: User, group: Namespace, username: str, name: str) -> User:
    """Make a service account of a top-level group, as its owner; it is a member of nothing yet."""
    if group.parent is not None or access.level(world, by, group) < Access.OWNER:
        raise Forbidden("403 Forbidden")
    return _made(world, username, name, UserKind.SERVICE_ACCOUNT)


def _made(world: World, username: str, name: str, kind: UserKind) -> User:
    if world.user(username) or world.namespace(username):
        raise Conflict("Username has already been taken")
    user = world.add_user(username, name, kind)
    world.tick()
    return user


def delete_user(world: World, by: User, user: User, *, with_work: bool) -> None:
    """Delete an account; what it wrote goes to the ghost, or *with_work* is deleted too."""
    access.require(by.is_admin)
    for item in [one for one in world.items.values() if one.author is user and with_work]:
        world.forget_item(item)
    for note in [one for one in world.notes.values() if one.author is user and with_work]:
        note.item.notes.remove(note)
        del world.notes[note.id]
    _hand_over(world, user)
    for key in [key for key in world.memberships if key[1] == user.id]:
        del world.memberships[key]
    for value in [value for value, token in world.tokens.items() if token.user is user]:
        del world.tokens[value]
    del world.users[user.username.lower()]
    world.tick()


def _hand_over(world: World, user: User) -> None:
    ghost = world.user(GHOST) or world.add_user(GHOST, "Ghost User", UserKind.GHOST)
    for item in world.items.values():
        item.author = ghost if item.author is user else item.author
        item.assignees[:] = [one for one in item.assignees if one is not user]
        item.last_edited_by = ghost if item.last_edited_by is user else item.last_edited_by
        item.closed_by = ghost if item.closed_by is user else item.closed_by
    for note in world.notes.values():
        note.author = ghost if note.author is user else note.author

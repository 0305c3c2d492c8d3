"""The world every sandbox starts with: one customer's group, two projects and the people around them."""

from datetime import UTC, datetime

from psbot.sandbox.state.accounts import AccessLevel, Edition, User, UserKind
from psbot.sandbox.state.clock import Clock
from psbot.sandbox.state.world import World

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

GROUP = "acme/delivery"
PROJECT = "acme/delivery/project"
INTERNAL_PROJECT = "acme/delivery/internal"

_PEOPLE = {
    "maria": ("Maria Marsh", AccessLevel.MAINTAINER),
    "paul": ("Paul Porter", AccessLevel.DEVELOPER),
    "petra": ("Petra Pohl", AccessLevel.DEVELOPER),
    "pia": ("Pia Park", AccessLevel.REPORTER),
    "dora": ("Dora Dahl", AccessLevel.OWNER),
}
_CUSTOMER = ("ada", "Ada Lovelace", AccessLevel.REPORTER)
SERVICE_ACCOUNT = "psbot-bot"


def token_of(username: str) -> str:
    """Return the token of one of the seeded accounts."""
    return f"sandbox-token-{username.removesuffix('-bot')}"


READ_ONLY_TOKEN = "sandbox-token-psbot-read"  # noqa: S105 (public on purpose: it is valid only in the sandbox)
ADMIN_TOKEN = "sandbox-token-root"  # noqa: S105 (the same)


def sandbox_world(
    now: datetime = START, *, edition: Edition = Edition.ULTIMATE, clock_runs: bool = False
) -> World:
    """Return the seeded world with its clock at *now*."""
    world = empty_world(now, edition=edition, clock_runs=clock_runs)
    label_group = world.ensure_namespace("acme", is_group=True)
    group = world.ensure_namespace(GROUP, is_group=True)
    project = world.ensure_namespace(PROJECT, is_group=False)
    world.ensure_namespace(INTERNAL_PROJECT, is_group=False)
    for username, (name, role) in _PEOPLE.items():
        world.add_member(group, add_user_with_token(world, username, name), role)
    username, name, role = _CUSTOMER
    world.add_member(project, add_user_with_token(world, username, name), role)
    bot = add_user_with_token(world, SERVICE_ACCOUNT, "psbot", UserKind.SERVICE_ACCOUNT)
    world.add_member(label_group, bot, AccessLevel.MAINTAINER)
    world.add_token(READ_ONLY_TOKEN, bot, ["read_api"])
    return world


def empty_world(
    now: datetime = START, *, edition: Edition = Edition.ULTIMATE, clock_runs: bool = False
) -> World:
    """Return a world with only the administrator ``root``."""
    world = World(Clock(now, runs=clock_runs), edition)
    root = world.add_user("root", "Administrator", is_admin=True)
    world.add_token(ADMIN_TOKEN, root, ["api", "sudo"])
    return world


def add_user_with_token(world: World, username: str, name: str, kind: UserKind = UserKind.HUMAN) -> User:
    """Add an account with its well-known token."""
    user = world.add_user(username, name, kind)
    world.add_token(token_of(username), user)
    return user

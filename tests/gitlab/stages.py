"""Three GitLabs to hold to one contract: in memory, behind hand-made HTTP answers, and the running sandbox.

Each stage begins with the group ``acme/delivery``, its two projects, no labels and no items. The account is
``psbot-bot``, a Maintainer of ``acme``; ``maria`` and ``paul`` are members of the group, the customer ``ada`` is
a member of the shared project alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, cast

import responses

from psbot.gitlab.connection import Connection
from psbot.gitlab.ports import Reader, Writer
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import WaitBudget
from psbot.gitlab.writer import GitLabWriter
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import update_item
from psbot.sandbox.rules.notes import create_note
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.accounts import AccessLevel, Edition
from psbot.sandbox.state.seed import sandbox_world, token_of
from tests.gitlab.contract import Witness
from tests.gitlab.wire import Wire
from tests.support.fakes import BOT, FakeGitLab

BASE = "https://gitlab.example/sub"
MINUTE = timedelta(minutes=1)


class Stage(Protocol):
    """A GitLab through both ports, and what others do to it."""

    @property
    def writer(self) -> Writer:
        """Return what writes."""

    def reader(self, page: int = 100) -> Reader:
        """Return what reads, *page* items at a time."""

    def lose_epics(self) -> None:
        """Make it an edition without epics."""

    def archive(self, project: str) -> None:
        """Archive a project."""

    def block(self, username: str) -> None:
        """Block an account."""

    def join_only(self, place: str | None, level: int = 0) -> None:
        """Take every role from the account but *level* in *place*."""

    def describe(self, gid: str, by: str, text: str) -> None:
        """Let a person rewrite a description."""

    def close(self, gid: str, by: str) -> None:
        """Let a person close an item."""

    def comment(self, gid: str, by: str, text: str) -> None:
        """Let a person comment on an item."""

    def wait(self) -> None:
        """Let a minute pass."""


@dataclass
class InMemory:
    """The fake, asked directly."""

    gitlab: FakeGitLab = field(default_factory=FakeGitLab)

    @property
    def writer(self) -> Writer:
        return self.gitlab

    def reader(self, page: int = 100) -> Reader:
        self.gitlab.page = page
        return self.gitlab

    def lose_epics(self) -> None:
        self.gitlab.has_epics = False

    def archive(self, project: str) -> None:
        self.gitlab.archived.add(project)

    def block(self, username: str) -> None:
        self.gitlab.inactive.add(username)

    def join_only(self, place: str | None, level: int = 0) -> None:
        self.gitlab.levels = {path: _level(path, place, level) for path in self.gitlab.levels}

    def describe(self, gid: str, by: str, text: str) -> None:
        self.gitlab.person_edits(gid, by, description=text)

    def close(self, gid: str, by: str) -> None:
        self.gitlab.person_edits(gid, by, is_open=False)

    def comment(self, gid: str, by: str, text: str) -> None:
        self.gitlab.person_comments(gid, by, text)

    def wait(self) -> None:
        self.gitlab.now += MINUTE


def _level(path: str, joined: str | None, level: int) -> int | None:
    """Return what a role in *joined* is worth in *path*: roles are inherited, and groups above are seen."""
    if joined is None:
        return None
    if f"{path}/".startswith(f"{joined}/"):
        return level
    return 0 if joined.startswith(f"{path}/") else None


@dataclass
class OverHttp:
    """The product's adapter on answers made by hand; the others act on the state behind them."""

    connection: Connection
    others: InMemory

    @property
    def writer(self) -> Writer:
        return _writer(self.connection)

    def reader(self, page: int = 100) -> Reader:
        self.others.gitlab.page = page
        return _reader(self.connection, page)

    def lose_epics(self) -> None:
        self.others.lose_epics()

    def archive(self, project: str) -> None:
        self.others.archive(project)

    def block(self, username: str) -> None:
        self.others.block(username)

    def join_only(self, place: str | None, level: int = 0) -> None:
        self.others.join_only(place, level)

    def describe(self, gid: str, by: str, text: str) -> None:
        self.others.describe(gid, by, text)

    def close(self, gid: str, by: str) -> None:
        self.others.close(gid, by)

    def comment(self, gid: str, by: str, text: str) -> None:
        self.others.comment(gid, by, text)

    def wait(self) -> None:
        self.others.wait()


@dataclass
class OnSandbox:
    """The product's adapter on a running sandbox."""

    connection: Connection
    sandbox: Sandbox

    @property
    def writer(self) -> Writer:
        return _writer(self.connection)

    def reader(self, page: int = 100) -> Reader:
        return _reader(self.connection, page)

    def lose_epics(self) -> None:
        self.sandbox.world.edition = Edition.FREE
        self.sandbox.world.record_write()

    def archive(self, project: str) -> None:
        self.sandbox.world.namespaces[project].is_archived = True
        self.sandbox.world.record_write()

    def block(self, username: str) -> None:
        self.sandbox.world.users[username].state = "blocked"
        self.sandbox.world.record_write()

    def join_only(self, place: str | None, level: int = 0) -> None:
        world = self.sandbox.world
        account = world.users[BOT.username]
        for key in [key for key in world.memberships if key[1] == account.id]:
            del world.memberships[key]
        if place:
            world.add_member(world.namespaces[place], account, AccessLevel(level))
        world.record_write()

    def describe(self, gid: str, by: str, text: str) -> None:
        world = self.sandbox.world
        item = world.items[int(gid.rpartition("/")[2])]
        update_item(world, world.users[by], item, ItemChange(description=text))

    def close(self, gid: str, by: str) -> None:
        world = self.sandbox.world
        item = world.items[int(gid.rpartition("/")[2])]
        update_item(world, world.users[by], item, ItemChange(is_open=False))

    def comment(self, gid: str, by: str, text: str) -> None:
        world = self.sandbox.world
        create_note(world, world.users[by], world.items[int(gid.rpartition("/")[2])], text)

    def wait(self) -> None:
        self.sandbox.world.clock.advance(MINUTE)


def _writer(connection: Connection) -> Writer:
    return GitLabWriter(cast(Connection, Witness(connection)))


def _reader(connection: Connection, page: int) -> Reader:
    return GitLabReader(cast(Connection, Witness(connection)), page)


@contextmanager
def in_memory() -> Iterator[Stage]:
    """Yield the fake."""
    yield InMemory()


@contextmanager
def over_http() -> Iterator[Stage]:
    """Yield the adapter on answers made by hand."""
    others = InMemory()
    wire = Wire(others.gitlab)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(responses.POST, f"{BASE}/api/graphql", wire.answer, content_type="application/json")
        with _connected(BASE) as connection:
            yield OverHttp(connection, others)


@contextmanager
def on_sandbox() -> Iterator[Stage]:
    """Yield the adapter on a running sandbox."""
    with running_sandbox(sandbox_world()) as sandbox, _connected(sandbox.url) as connection:
        yield OnSandbox(connection, sandbox)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    connection = Connection(
        Server(url, token_of(BOT.username), connections=1, timeout=20), WaitBudget(0, _refuse)
    )
    yield connection
    connection.close()


def _refuse(seconds: float) -> None:
    raise AssertionError(f"nothing here asks for a pause of {seconds} s")


STAGES = {"in memory": in_memory, "over HTTP": over_http, "sandbox": on_sandbox}

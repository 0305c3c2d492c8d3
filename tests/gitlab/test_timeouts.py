"""A query that takes GitLab too long is repeated, smaller; its answer may have status 200."""

from collections.abc import Iterator

import pytest

from psbot.gitlab.connection import Connection
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.server import Server
from psbot.gitlab.transport_errors import TimedOut
from psbot.gitlab.values import Page, PageRequest
from psbot.gitlab.wait_budget import WaitBudget
from psbot.sandbox.faults.faults import Fault, FaultKind
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import create_item
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.model import ItemType
from psbot.sandbox.state.seed import GROUP, sandbox_world, token_of

EPICS = 30
NO_PATIENCE = WaitBudget(1, lambda _seconds: None)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A group with some epics."""
    world = sandbox_world()
    group, bot = world.namespaces[GROUP], world.users["psbot-bot"]
    for number in range(EPICS):
        create_item(world, bot, group, ItemType.EPIC, ItemChange(title=f"Epic {number}"))
    with running_sandbox(world) as started:
        yield started


@pytest.fixture
def reader(sandbox: Sandbox) -> Iterator[GitLabReader]:
    connection = Connection(Server(sandbox.url, token_of("psbot-bot")), NO_PATIENCE)
    yield GitLabReader(connection)
    connection.close()


def pages(reader: GitLabReader) -> list[Page]:
    found = list(reader.fetch_pages(GROUP, [PageRequest(ItemList.EPICS)]))
    while cursor := found[-1].next_cursor:
        found += reader.fetch_pages(GROUP, [PageRequest(ItemList.EPICS, (), cursor)])
    return found


@pytest.mark.parametrize("status", [200, 503])
def test_list_that_takes_too_long_is_read_in_half_pages_from_there_on(
    reader: GitLabReader, sandbox: Sandbox, status: int
) -> None:
    sandbox.gate.faults.add(Fault(FaultKind.TIMEOUT, status=status, first=25, times=None))
    found = pages(reader)
    assert [len(each.items) for each in found] == [25, 5]
    assert len(sandbox.gate.log.entries) == 4, "pages of 100 and 50 were too large, once each"


def test_read_ends_where_one_item_takes_too_long(reader: GitLabReader, sandbox: Sandbox) -> None:
    sandbox.gate.faults.add(Fault(FaultKind.TIMEOUT, status=200, first=0, times=None))
    with pytest.raises(TimedOut, match=r"took too long: Timeout on Query\.group"):
        pages(reader)


def test_notes_that_take_too_long_are_read_for_half_of_the_items(
    reader: GitLabReader, sandbox: Sandbox
) -> None:
    gids = [item.gid for page in pages(reader) for item in page.items][:8]
    sandbox.gate.faults.add(Fault(FaultKind.TIMEOUT, status=200, operation="Comments", times=4))
    assert set(reader.fetch_comments(GROUP, gids)) == set(gids)

"""A cached answer equals a computed one: for every user, at any time, after any writes."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
import requests

from psbot.sandbox.faults.faults import Fault, FaultKind
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import update_item
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.gate import App, Receive, Scope, Send
from psbot.sandbox.state.accounts import AccessLevel, Edition
from psbot.sandbox.state.answers import AnswerCache
from psbot.sandbox.state.seed import GROUP, PROJECT, sandbox_world
from psbot.sandbox.state.world import World
from tests.resilience.histories import NAMES, STALE, History, history
from tests.sandbox.client import ITEM, UPDATE, Client
from tests.support.stage import Stage, kept, put_back, staged
from tests.support.transport import Transport

ITEMS = """query Items($path: ID!) { group(fullPath: $path) { name workItems(includeDescendants: true) {
  nodes { id title state confidential webUrl updatedAt userPermissions { updateWorkItem deleteWorkItem }
          widgets { ... on WorkItemWidgetLabels { labels { nodes { title } } } } } } } }"""
PEOPLE = "{ users { nodes { username state } } currentUser { username } queryComplexity { score limit } }"
ACCOUNTS = ("psbot-bot", "maria", "ada")


@contextmanager
def fresh() -> Iterator[None]:
    """Switch the cache off."""
    before, AnswerCache.is_enabled = AnswerCache.is_enabled, False
    try:
        yield
    finally:
        AnswerCache.is_enabled = before


@pytest.fixture(autouse=True)
def remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the cache on, even if the test run as a whole switches it off."""
    monkeypatch.setattr(AnswerCache, "is_enabled", True)


@pytest.fixture
def hits(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The answers that came from the cache."""
    found: list[bytes] = []
    get = AnswerCache.get

    def counting(self: AnswerCache, key: object) -> bytes | None:
        answer = get(self, key)
        found.extend([answer] if answer is not None else [])
        return answer

    monkeypatch.setattr(AnswerCache, "get", counting)
    return found


def answered(asked: History) -> list[bytes]:
    """Return every answer of a run of *asked* and of a second run after it."""
    bodies: list[bytes] = []

    def noting(app: App) -> App:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            async def note(message: Scope) -> None:
                bodies.append(message.get("body", b""))
                await send(message)

            await app(scope, receive, note)

        return serve

    with staged(asked.world()) as stage:
        stage.gate.app = noting(stage.gate.app)
        for _ in range(2):
            stage.run(asked.engagement, asked.now, asked.command)
    return bodies


@pytest.mark.parametrize("name", [*NAMES, STALE])
def test_cached_answers_of_a_whole_history_equal_computed_ones(name: str, hits: list[bytes]) -> None:
    asked = history(name)
    answered(asked)
    hits.clear()
    remembered = answered(asked)
    reads = len(hits)
    with fresh():
        assert answered(asked) == remembered
    assert len(hits) == reads >= len([each for each in asked.requests if not each.is_write])


class Office:
    """A world in which anything can happen, and the queries that every user sends."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.world = stage.world
        session = requests.Session()
        session.mount("http://", Transport(stage.gate, stage.time))
        sandbox = Sandbox(stage.world, stage.gate)
        self.clients = [Client(sandbox, name, session=_like(session)) for name in ACCOUNTS]
        self.clients.append(Client(sandbox, token="", session=_like(session)))
        self.bot, self.maria = self.clients[:2]

    def questions(self) -> Iterator[tuple[Client, str, dict[str, object]]]:
        for client in self.clients:
            yield client, ITEMS, {"path": GROUP}
            yield client, PEOPLE, {}
            yield client, ITEM, {"id": "gid://gitlab/WorkItem/1"}

    def answers(self) -> list[str]:
        return [
            client.post({"query": text, "variables": given}).text for client, text, given in self.questions()
        ]

    def renames(self, title: str, fault: Fault) -> None:
        """Let psbot rename the first item, under a fault."""
        self.stage.gate.faults.add(fault)
        self.bot.execute_raw(UPDATE, input={"id": "gid://gitlab/WorkItem/1", "title": title})


def _like(session: requests.Session) -> requests.Session:
    made = requests.Session()
    made.adapters = session.adapters
    return made


def _first(world: World, **change: object) -> None:
    item = next(iter(world.items.values()))
    update_item(world, world.users["maria"], item, ItemChange(**change))  # type: ignore[arg-type]


def _label(office: Office) -> None:
    world = office.world
    label = world.find_label(world.namespaces["acme"], "urgent") or world.add_label(
        world.namespaces["acme"], "urgent"
    )
    _first(world, add_labels=(label,))


DOINGS: dict[str, Callable[[Office], object]] = {
    "an item by GraphQL": lambda office: office.bot.create("New", description="x"),
    "a confidential item": lambda office: office.bot.create("Secret", confidential=True),
    "a change by GraphQL": lambda office: office.bot.execute_raw(
        UPDATE, input={"id": "gid://gitlab/WorkItem/1", "stateEvent": "CLOSE"}
    ),
    "a label by REST": lambda office: office.maria.rest(
        "POST", "/groups/acme%2Fdelivery/labels", json={"name": "x", "color": "#fff"}
    ),
    "an item by REST": lambda office: office.maria.rest(
        "POST", f"/projects/{PROJECT.replace('/', '%2F')}/issues", json={"title": "By REST"}
    ),
    "a change in process": lambda office: _first(office.world, title="Renamed"),
    "a label in process": _label,
    "a member": lambda office: office.world.add_member(
        office.world.namespaces[GROUP], office.world.users["ada"], AccessLevel.OWNER
    ),
    "an account": lambda office: office.world.add_user(f"new-{office.world.version}", "New"),
    "a day": lambda office: office.world.clock.advance(timedelta(days=1)),
    "another edition": lambda office: _set(office.world, edition=Edition.FREE),
    "maintenance": lambda office: _set(office.world, is_in_maintenance=True),
    "a list that is short": lambda office: office.stage.gate.faults.add(
        Fault(FaultKind.EMPTY_LIST, operation="Items")
    ),
    "a write in part": lambda office: office.renames(
        "Never", Fault(FaultKind.PARTIAL, first=0, writes_only=True)
    ),
    "slow work": lambda office: office.renames(
        "Slowly", Fault(FaultKind.SLOW_WORK, writes_only=True, seconds=5)
    ),
    "nothing": lambda office: None,
}
# What leads from a known state to a known one.
BY_GRAPHQL = ("an item by GraphQL", "a confidential item", "a change by GraphQL", "a day", "nothing")


def _set(world: World, **values: object) -> None:
    for name, value in values.items():
        setattr(world, name, value)
    world.invalidate()


def days(start: bytes, seed: int, names: Sequence[str], see: Callable[[Office], None]) -> None:
    """Let events happen in an order drawn with *seed*; *see* is called after each."""
    draw = random.Random(seed)
    with staged(put_back(start)) as stage:
        office = Office(stage)
        for _ in range(14):
            DOINGS[draw.choice(names)](office)
            see(office)
            if stage.world.is_in_maintenance or stage.world.edition is Edition.FREE:
                _set(stage.world, is_in_maintenance=False, edition=Edition.ULTIMATE)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("names", [tuple(DOINGS), BY_GRAPHQL], ids=["everything", "by GraphQL"])
def test_cached_answers_equal_computed_ones_after_any_events(
    seed: int, names: Sequence[str], hits: list[bytes]
) -> None:
    world = sandbox_world()
    with staged(world) as stage:
        Office(stage).bot.create("First")
    start = kept(world)
    said: list[list[str]] = []

    def see(office: Office) -> None:
        first = office.answers()  # a fault that waits for a read has its effect here
        again = office.answers()
        with fresh():
            expected = office.answers()
        assert again == expected
        assert office.answers() == expected
        said.append([*first, *again])

    days(start, seed, names, see)
    known = len(hits)
    assert known > 200
    heard, said[:] = list(said), []
    days(start, seed, names, see)  # in another world with the same past
    assert said == heard
    assert len({tuple(each) for each in said}) > 6
    assert len(hits) - known > known or names != BY_GRAPHQL


@pytest.mark.parametrize("kind", [FaultKind.PARTIAL, FaultKind.PAYLOAD_ERROR, FaultKind.SLOW_WORK])
def test_write_under_a_fault_leads_to_a_different_state(kind: FaultKind) -> None:
    world = sandbox_world()
    with staged(world) as stage:
        Office(stage).bot.create("First")
    start = kept(world)
    heard = []
    for fault in (Fault(kind, first=0, writes_only=True, seconds=5), None):
        with staged(put_back(start)) as stage:
            office = Office(stage)
            if fault:
                stage.gate.faults.add(fault)
            office.bot.execute_raw(UPDATE, input={"id": "gid://gitlab/WorkItem/1", "title": "Second"})
            heard.append(office.answers())
            with fresh():
                assert heard[-1] == office.answers()
    assert (heard[0] == heard[1]) is (kind is FaultKind.SLOW_WORK)


def test_least_recently_used_answers_are_dropped() -> None:
    answers = AnswerCache(2)
    for key in ("a", "b"):
        answers.put(key, key.encode())
    assert answers.get("a") == b"a"
    answers.put("c", b"c")
    assert [answers.get(key) for key in "abc"] == [b"a", None, b"c"]

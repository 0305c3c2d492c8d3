"""Several runs on one engagement, each of whose requests waits for its turn; who is next is drawn by a seed."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from psbot.errors import PsbotError
from psbot.runs.work import Reconciled
from psbot.sandbox.state.world import World
from tests.resilience.checks import check_once, check_quiet, check_told_once, dumped, marker_of, require
from tests.resilience.histories import History
from tests.support.stage import Stage

_LASTING = ("title", "description", "state", "labels", "assignees", "start", "due", "parent")


class Turns:
    """Lets one of several runs go on at a time, from one request to the next."""

    def __init__(self, runs: int, draw: random.Random, between: Callable[[], None] = lambda: None) -> None:
        self._draw = draw
        self._between = between
        self._live = set(range(runs))
        self._waiting: set[int] = set()
        self._chosen: int | None = None
        self._changed = threading.Condition()

    def take(self, who: int) -> None:
        """Wait for the turn of *who*."""
        with self._changed:
            self._waiting.add(who)
            self._choose()
            self._changed.wait_for(lambda: self._chosen == who)
            self._chosen = None
            self._waiting.discard(who)

    def leave(self, who: int) -> None:
        """Take no turn any more."""
        with self._changed:
            self._live.discard(who)
            self._choose()

    def _choose(self) -> None:
        if self._live and self._waiting == self._live:
            self._between()
            self._chosen = self._draw.choice(sorted(self._waiting))
            self._changed.notify_all()


def race(
    stage: Stage,
    history: History,
    runs: int,
    draw: random.Random,
    between: Callable[[], None] = lambda: None,
    commands: Sequence[str] = (),
) -> list[Reconciled | PsbotError]:
    """Let several runs race, and return how each ended; *between* is called before every turn.

    Each runs the command of *history* or, in turn, one of *commands*.
    """
    commands = commands or (history.command,)
    turns = Turns(runs, draw, between)

    def one(who: int) -> Reconciled | PsbotError:
        try:
            return stage.run(
                history.engagement, history.now, commands[who % len(commands)], before=lambda: turns.take(who)
            )
        except PsbotError as error:
            return error
        finally:
            turns.leave(who)

    with ThreadPoolExecutor(runs) as pool:
        return list(pool.map(one, range(runs)))


def alike(item: dict[str, Any]) -> dict[str, Any]:
    """Return what of a dumped item does not depend on how many runs there were."""
    return {name: value for name, value in item.items() if name in _LASTING}


def check_arrived(world: World, history: History) -> None:
    """Require that everything is where an undisturbed run leads, and that no notice stands twice."""
    check_one_of_each(world, history)
    check_told_once(world)
    found = [alike(each) for each in dumped(world)["items"]]
    for each in history.expected["items"]:
        require(alike(each) in found, f"not there: {alike(each)}")


def check_one_of_each(world: World, history: History) -> None:
    """Require one open epic and one open item a marker, the oldest, and every item that there should be."""
    check_once(world)
    check_quiet(world)
    opened = {key: item for item in world.items.values() if item.is_open and (key := marker_of(item))}
    wanted = {_key(each) for each in history.expected["items"] if each["state"] == "opened"}
    require(set(opened) == wanted, f"open are {sorted(opened)}, and not {sorted(wanted)}")
    for key, kept in opened.items():
        older = [
            item.reference
            for item in world.items.values()
            if marker_of(item) == key and item.id < kept.id and item.parent is kept.parent
        ]
        closed_first = [
            each for each in history.expected["items"] if _key(each) == key and each["state"] == "closed"
        ]
        require(not older or closed_first, f"{key}: {kept.reference} was kept, and {older} are older")


def _key(dumped: dict[str, object]) -> str:
    return str(dumped["description"]).partition("item=")[2].split()[0]


@dataclass(frozen=True)
class Touched:
    """What a person has done to an item, and whether it is still there."""

    reference: str
    label: str
    words: str
    tick: str

    def check(self, world: World) -> None:
        (item,) = (each for each in world.items.values() if each.reference == self.reference)
        require(item.is_open, f"{self.reference} was closed after a person had worked on it")
        require(self.label in {label.title for label in item.labels}, f"{self.reference} lost {self.label}")
        require(self.words in item.description, f"{self.reference} lost {self.words!r}")
        require(self.tick in item.description, f"{self.reference} lost a tick")

"""What must hold when all is over, and the error that says that it does not."""

import json
import re
from collections import Counter
from typing import Any

from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.snapshot import canonical_state
from psbot.sandbox.state.world import World

Dump = dict[str, Any]
_ADDRESS = re.compile(r"(http://127\.0\.0\.1):\d+")
_MARKER = re.compile(r"\A<!-- psbot: engagement=(\S+) item=(\S+)")
UNDISTURBED_RUNS = 2


class Violation(AssertionError):
    """A promise that was broken."""


def dumped(world: World) -> Dump:
    """Return the canonical state with its events, whatever their order and the port of the sandbox.

    What was made later than in an undisturbed run is noted later on the epic.
    """
    state: Dump = json.loads(_ADDRESS.sub(r"\1", json.dumps(canonical_state(world, with_events=True))))
    for item in state["items"]:
        for kind in ("system_notes", "label_events", "state_events"):
            item[kind].sort()
    return state


def lasting(state: Dump) -> Dump:
    """Return a dump without its events, and without who was told of them."""
    events = ("system_notes", "label_events", "state_events")
    items = [{name: value for name, value in item.items() if name not in events} for item in state["items"]]
    return {**state, "items": items, "notifications": []}


def marker_of(item: WorkItem) -> str | None:
    """Return the item key of a marker in the first line; read here, and not by the product."""
    found = _MARKER.match(item.description)
    return found[2] if found else None


def require(holds: object, what: object) -> None:
    if not holds:
        raise Violation(str(what))


def check_once(world: World) -> None:
    """Require that no marker is on two open items, and that the oldest with a marker is the one left open."""
    by_key: dict[str, list[WorkItem]] = {}
    for item in sorted(world.items.values(), key=lambda each: each.id):
        if key := marker_of(item):
            by_key.setdefault(key, []).append(item)
    for key, items in by_key.items():
        opened = [item for item in items if item.is_open]
        require(len(opened) <= 1, f"{key} is open {len(opened)} times")


def check_told_once(world: World) -> None:
    """Require that no notice stands twice: the others of its identity are resolved, or were reverted."""
    told = Counter(
        (note.item.reference, note.body.partition("\n")[0])
        for note in world.notes.values()
        if not note.is_system
        and note.body.startswith("<!-- psbot notice: ")
        and not note.body.partition("\n")[2].startswith(("Resolved: ", "Reverted: "))
    )
    twice = [each for each, number in told.items() if number > 1]
    require(not twice, f"told twice: {twice}")


def mentions_in(world: World) -> tuple[str, ...]:
    """Return whom notes have mentioned, as often as they have."""
    return tuple(sorted(each.username for each in world.notifications if "mention" in each.reason))


def check_quiet(world: World, meant: tuple[str, ...] = ()) -> None:
    """Require that nobody was mentioned but those who were *meant* to be, and nothing of the file carried out."""
    found = mentions_in(world)
    require(found == meant, f"mentioned: {found}, not {meant}")


def differing(found: Dump, expected: Dump) -> str:
    """Return what is in one of two dumps only."""
    lines = []
    for part in expected:
        lines += [f"- {each}" for each in expected[part] if each not in found[part]]
        lines += [f"+ {each}" for each in found[part] if each not in expected[part]]
    return "\n".join(lines)

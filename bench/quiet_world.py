"""Serve a sandbox with a portfolio in which some items are stale, until it is stopped.

Usage: quiet_world.py ENGAGEMENTS. Every engagement has an epic, its log and 28 change requests. Seven weeks ago people
wrote on all of them; lately they did on all but 9 items of every 10th engagement, which is 3 % of the portfolio.
"""

import signal
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from psbot.config.loader import load_process
from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import create_item
from psbot.sandbox.rules.notes import create_note
from psbot.sandbox.server.options import ServerOptions
from psbot.sandbox.server.serve import bind_world, serve
from psbot.sandbox.state.accounts import User
from psbot.sandbox.state.model import ItemType, WorkItem
from psbot.sandbox.state.seed import sandbox_world
from psbot.sandbox.state.world import World

NOW = datetime.fromisoformat("2026-11-30T09:00+01:00")
ITEMS = 28
EVERY, QUIET = 10, 9


def main() -> None:
    """Build the world and serve it."""
    count = int(sys.argv[1])
    world = sandbox_world(NOW - timedelta(weeks=7))
    for spec in load_process(Path(__file__).parent.parent / "config").catalogue.specs():
        world.add_label(world.namespace("acme"), spec.title, spec.color)
    items = [each for number in range(count) for each in engagement(world, number)]
    paul, maria = world.user("paul"), world.user("maria")
    world.clock.set(NOW - timedelta(weeks=6))
    comment(world, paul, [item for item, _ in items])
    world.clock.set(NOW - timedelta(days=3))
    comment(world, maria, [item for item, is_quiet in items if not is_quiet])
    world.notifications.clear()
    world.clock.set(NOW)
    bound = bind_world(world)
    print(world.url, sum(is_quiet for _, is_quiet in items), flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        serve(world, bound, ServerOptions())


def engagement(world: World, number: int) -> list[tuple[WorkItem, bool]]:
    """Return the items of one engagement, each with whether it becomes stale."""
    bot, key = world.user("psbot-bot"), f"acme-sow-{number:04}"
    group, internal = world.namespace("acme/delivery"), world.namespace("acme/delivery/internal")

    def make(item: str, place: object, kind: str, *labels: str, parent: WorkItem | None = None) -> WorkItem:
        titles = (f"ps-kind::{kind}", *labels)
        change = ItemChange(
            title=f"{item} of {number}",
            description=f"<!-- psbot: engagement={key} item={item} -->\n" + "Words of the issue.\n" * 40,
            add_labels=tuple(world.find_label(internal, title) for title in titles),
            **({"parent": parent, "assignees": (world.user("paul"),)} if parent else {}),
        )
        return create_item(world, bot, place, ItemType.ISSUE if parent else ItemType.EPIC, change)

    epic = make("epic", group, "engagement", "ps-phase::delivery")
    found = [(epic, False)]
    found.append((make("log", internal, "engagement-log", "ps-state::todo", parent=epic), False))
    for at in range(1, ITEMS + 1):
        item = make(f"change-request/{at}", internal, "change-request", "ps-state::doing", parent=epic)
        found.append((item, number % EVERY == 0 and at <= QUIET))
    return found


def comment(world: World, by: User, items: list[WorkItem]) -> None:
    """Let somebody write on every item."""
    for item in items:
        create_note(world, by, item, "How is this going?")


if __name__ == "__main__":
    main()

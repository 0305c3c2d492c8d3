"""What people do to an engagement from the kick-off to its end, between the runs that move it on."""

from collections.abc import Callable
from datetime import timedelta

from psbot.sandbox.rules.item_changes import ItemChange
from psbot.sandbox.rules.items import update_item
from psbot.sandbox.state.model import WorkItem
from psbot.sandbox.state.world import World
from tests.resilience.checks import marker_of

Deeds = Callable[[World], None]
OVER = "call/2026-12-15"
REQUEST = "change-request/1"


def nothing(_: World) -> None:
    """Time passes."""


def begin(world: World) -> None:
    """The manager closes the welcome e-mail by hand; the customer closes the kick-off, which does not count."""
    closes(world, "maria", "welcome-email")
    closes(world, "ada", "kick-off")


def go_on(world: World) -> None:
    """What the customer did is done again by the manager; the next items follow, and one more does not count."""
    change(world, "maria", "kick-off", ItemChange(is_open=True))
    closes(world, "maria", "kick-off")
    labels(world, "paul", "intake-aws", "ps-state::done")
    labels(world, "maria", "sign-off", "ps-signoff::received")
    closes(world, "ada", "project-summary")
    call = item(world, OVER)
    text = call.description.replace("## Next steps", "## Next steps\n\n- [ ] Order disks, @paul", 1)
    assert text != call.description
    change(world, "paul", OVER, ItemChange(description=text))


def decide(world: World) -> None:
    """A change is worked out, signed, and approved by the manager."""
    request = item(world, REQUEST)
    text = request.description
    for line in ("Scope", "Quality", "Budget"):
        text = text.replace(f"- {line}:\n", f"- {line}: as agreed\n")
    text = text.replace("- Reference:\n- Signed on:\n", "- Reference: CO-1\n- Signed on: 2026-12-04\n")
    assert text.count("as agreed") == 3
    assert "CO-1" in text
    change(world, "paul", REQUEST, ItemChange(description=text))
    labels(world, "maria", REQUEST, "ps-change::approved")


def end(world: World) -> None:
    """All that is left is done, and the engagement with it."""
    change(world, "paul", "project-summary", ItemChange(is_open=True))
    text = item(world, "post-mortem").description
    row = "| Test restores | | 2027-04-09 | @paul |"
    change(world, "maria", "post-mortem", ItemChange(description=text.replace("| | | | |\n", f"{row}\n")))
    for key in ("project-summary", "sign-off", "financial-wrap-up", "post-mortem"):
        labels(world, "maria", key, "ps-state::done")


def item(world: World, key: str) -> WorkItem:
    """Return the oldest item with a marker."""
    return min((each for each in world.items.values() if marker_of(each) == key), key=lambda each: each.id)


def change(world: World, who: str, key: str, wanted: ItemChange) -> None:
    """Let *who* change an item, a minute after what was done before; GitLab tells times in seconds."""
    world.clock.advance(timedelta(minutes=1))
    update_item(world, world.users[who], item(world, key), wanted)


def closes(world: World, who: str, key: str) -> None:
    """Let *who* close an item."""
    change(world, who, key, ItemChange(is_open=False))


def labels(world: World, who: str, key: str, title: str) -> None:
    """Let *who* put a label on an item."""
    (label,) = world.labels_with_title(title)
    change(world, who, key, ItemChange(add_labels=(label,)))

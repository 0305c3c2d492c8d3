"""Change requests in the AWS example."""

from psbot.core.model.item import Item
from tests.support.board import Desk, example

ONE, TWO = "change-request/1", "change-request/2"
UNCHANGED = {
    "Hours": "0",
    "New end date": "none",
    "New contract": "none",
    "Situation": "none",
    "Timeline": "none",
    "Scope": "more",
    "Quality": "none",
    "Budget": "none",
}


def opened(desk: Desk, key: str = ONE, **lines: str) -> None:
    """Let paul open a change request; ``New_end_date`` is the field ``New end date``."""
    fields = UNCHANGED | {name.replace("_", " "): text for name, text in lines.items()}
    text = "\n".join(f"- {name}: {value}" for name, value in fields.items() if value)
    item = Item(
        key,
        "change-request",
        desk.engagement.gitlab.internal,
        f"Change request {key[-1]}",
        f"<!-- psbot: engagement=acme-sow-142 item={key} -->\n{text}\n",
        frozenset({"ps-kind::change-request", "ps-state::todo"}),
        ("paul",),
        iid=900 + int(key[-1]),
        created_by="paul",
        created_at=desk.now,
    )
    desk.world = desk.world.with_item(item)


def delivering_desk() -> Desk:
    """Return the AWS example in delivery, on 2026-12-10."""
    desk = Desk(example())
    desk.apply()
    desk.on("2026-12-10")
    desk.advance()
    return desk


def at(desk: Desk, key: str = ONE) -> tuple[list[str], list[str]]:
    """Return the instrument and how far the request is."""
    return desk.of("instrument", key), desk.of("change", key)


def quiet(desk: Desk) -> bool:
    """Tell whether another run would write nothing, a day later too."""
    now = desk.plan().is_empty
    desk.now = desk.now.replace(hour=22)
    return now and desk.plan().is_empty

"""Risks and decisions that people create: their fields, and the lists of the engagement log."""

from datetime import date

import pytest

from psbot.core.model.item import Item
from psbot.core.text.marker import managed_sections
from psbot.sandbox.rules.references import mentioned_names
from tests.support.board import Desk, example


@pytest.fixture
def desk() -> Desk:
    desk = Desk(example())
    desk.apply()
    desk.on("2026-12-10")
    desk.advance()
    return desk


def raise_(desk: Desk, kind: str, number: int, title: str, words: str = "", *labels: str) -> None:
    """Let paul open an item of *kind* under the epic, as people do: without a marker."""
    item = Item(
        f"{kind}/{number}",
        kind,
        desk.engagement.gitlab.internal,
        title,
        words,
        frozenset({f"ps-kind::{kind}", *labels}),
        ("paul",),
        due_on=date(2026, 12, 17),
        iid=700 + number,
        gid=f"gid://gitlab/WorkItem/{700 + number}",
        url=f"https://gitlab.example/-/issues/{700 + number}",
        created_by="paul",
        created_at=desk.now,
    )
    desk.world = desk.world.with_item(item)


def log(desk: Desk) -> str:
    return managed_sections(desk.item("log").description)["overview"]


def listed(desk: Desk, heading: str) -> list[str]:
    """Return the lines below a heading of the log's list."""
    text = log(desk).partition(f"### {heading}\n")[2].partition("\n### ")[0]
    return [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]


def test_risk_of_a_person_gets_its_marker_its_first_labels_and_a_list_of_what_is_missing(desk: Desk) -> None:
    raise_(desk, "risk", 1, "The disks are late", "They come in March.\n\n- Timeline: two weeks\n")
    desk.advance()
    risk = desk.item("risk/1")
    assert (desk.of("severity", "risk/1"), desk.of("state", "risk/1")) == (["medium"], ["todo"])
    assert risk.marker is not None
    assert managed_sections(risk.description)["missing"].startswith(
        "Missing fields, one per line: Scope, Quality, Budget, Response\n"
    )
    assert risk.description.endswith("They come in March.\n\n- Timeline: two weeks\n")
    assert desk.plan().is_empty


@pytest.mark.parametrize("order", [("apply", "advance"), ("advance", "apply")])
def test_apply_and_advance_take_it_on_alike(order: tuple[str, str]) -> None:
    worlds = []
    for first in order:
        desk = Desk(example())
        desk.apply()
        desk.advance()
        raise_(desk, "decision", 1, "Two regions or one")
        getattr(desk, first)()
        desk.apply()
        desk.advance()
        assert desk.plan().is_empty
        worlds.append((desk.item("decision/1"), log(desk)))
    assert worlds[0] == worlds[1]


def test_label_that_a_person_takes_off_is_not_put_on_again(desk: Desk) -> None:
    raise_(desk, "risk", 1, "The disks are late")
    desk.advance()
    desk.unlabel("paul", "risk/1", "severity", "medium")
    desk.advance()
    assert desk.of("severity", "risk/1") == []


def test_log_lists_risks_and_decisions_the_gravest_first_and_what_is_closed_last(desk: Desk) -> None:
    raise_(desk, "risk", 1, "The disks are late", "", "ps-severity::low")
    raise_(desk, "risk", 2, "No access yet", "", "ps-severity::critical")
    raise_(desk, "risk", 3, "@ada leaves [soon](http://x)", "", "ps-severity::high")
    raise_(desk, "decision", 4, "Two regions", "")
    desk.advance()
    desk.finish("paul", "risk/2")
    shown = listed(desk, "Risks")
    assert [line.partition(" (")[0].partition(":")[0] for line in shown][1:] == [
        "The disks are late",
        "No access yet",
    ]
    assert mentioned_names(shown[0]) == set()
    assert (
        shown[1]
        == "The disks are late (<https://gitlab.example/-/issues/701>): low, todo, paul, due 2026-12-17"
    )
    assert shown[2].endswith("critical, done, paul, due 2026-12-17, closed")
    assert len(listed(desk, "Decisions")) == 1
    assert desk.plan().is_empty


def test_customer_reads_nothing_of_risks_and_decisions(desk: Desk) -> None:
    raise_(
        desk, "risk", 1, "The margin is 40 percent", "The walk-away price is 90k.", "ps-severity::critical"
    )
    raise_(desk, "decision", 2, "Bob is too slow")
    desk.apply()
    desk.advance()
    internal = desk.engagement.gitlab.internal
    seen = [f"{each.title} {each.description}" for each in desk.world.items if each.namespace != internal]
    assert not [text for text in seen if "margin" in text or "Bob" in text or "critical" in text]

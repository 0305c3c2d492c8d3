"""Items, roles and keys: what a marker remembers, how GitLab refers to an item, whose role it is, of which kind a key is."""

import pytest

from psbot.core.model.item import Item
from psbot.core.model.verdict import all_hold
from psbot.core.text.escape import plain_number
from psbot.core.text.marker import Marker
from tests.support.board import PROCESS, example
from tests.support.builders import INTERNAL


def item(key: str, description: str = "", namespace: str = INTERNAL) -> Item:
    return Item(key, "kick-off", namespace, "Title", description, iid=3)


def test_item_remembers_and_forgets_in_its_marker_and_keeps_everything_else() -> None:
    before = item("kick-off", "<!-- psbot: engagement=acme item=kick-off sent=1 title=x asked=y -->\nText\n")
    after = before.with_memory("other", {"sent": "2", "proof": "z"}, forget=("asked", "unknown"))
    assert after.marker == Marker("acme", "kick-off", {"sent": "2", "title": "x", "proof": "z"})
    assert after.description.endswith("-->\nText\n")


def test_item_without_a_marker_gets_one() -> None:
    after = item("kick-off", "Text\n").with_memory("acme", {"sent": "1"})
    assert after.description == "<!-- psbot: engagement=acme item=kick-off sent=1 -->\nText\n"


def test_reference_is_that_of_gitlab() -> None:
    assert item("kick-off").reference == f"{INTERNAL}#3"
    assert item("epic", namespace="acme").reference == "acme&3"


@pytest.mark.parametrize(
    ("role", "username"),
    [("manager", "maria"), ("lead", "paul"), ("project_manager", "petra"), ("delivery_lead", "maria")],
)
def test_manager_is_used_where_nobody_has_the_role(role: str, username: str) -> None:
    engagement = example(delivery_lead=None, project_manager="petra", engineers=("paul", "ada"))
    assert engagement.person(role) == username
    assert engagement.people == {"maria", "petra", "paul", "ada"}


def test_kind_of_a_key_is_that_of_its_first_part() -> None:
    kinds = [PROCESS.kind_of_key(key) for key in ("kick-off", "call/2026-12-08", "epic", "call2", "")]
    assert [kind and kind.item for kind in kinds] == ["kick-off", "call", "epic", None, None]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [((), True), ((True,), True), ((True, None), None), ((None, False, True), False), ((None, None), None)],
)
def test_three_valued_and(answers: tuple[bool | None, ...], expected: bool | None) -> None:
    assert all_hold(answers) is expected


def test_whole_number_has_no_fraction() -> None:
    assert [str(plain_number(each)) for each in (40.0, 40.25, -8.0, 0.0)] == ["40", "40.25", "-8", "0"]

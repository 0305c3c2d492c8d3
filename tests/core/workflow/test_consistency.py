"""State label and open flag of an item agree, whoever changed one of them."""

from dataclasses import replace

import pytest

from psbot.core.model.operations import Close, Relabel
from tests.core.workflow.engagements import quiet
from tests.support.board import CUSTOMER, Desk


@pytest.mark.parametrize("state", ["done", "skipped"])
def test_item_is_closed_when_one_of_the_people_calls_it_done_or_skipped(desk: Desk, state: str) -> None:
    desk.label("petra", "project-summary", "state", state)
    made = desk.advance()
    (close,) = (each for each in made.operations if isinstance(each, Close))
    assert close.item.key == "project-summary"
    assert close.delta.is_empty
    assert "petra" in close.reason
    assert quiet(desk)


@pytest.mark.parametrize("key", ["kick-off", "standup/2026-W49", "log"])
def test_item_closed_by_hand_becomes_done(desk: Desk, key: str) -> None:
    desk.close("paul", key)
    desk.advance()
    assert desk.of("state", key) == ["done"]
    assert quiet(desk)


@pytest.mark.parametrize("who", ["paul", CUSTOMER])
def test_item_opened_again_becomes_doing(desk: Desk, who: str) -> None:
    desk.finish("paul", "kick-off")
    assert not desk.item("kick-off").is_open
    desk.reopen(who, "kick-off")
    made = desk.advance()
    assert desk.item("kick-off").is_open
    assert desk.of("state", "kick-off") == ["doing"]
    assert f"reopened by {who}" in [each.reason for each in made.operations if isinstance(each, Relabel)]
    assert quiet(desk)


def test_item_called_done_after_it_was_opened_again_is_closed(desk: Desk) -> None:
    desk.finish("paul", "kick-off")
    desk.reopen("paul", "kick-off")
    desk.advance()
    desk.finish("paul", "kick-off")
    assert not desk.item("kick-off").is_open


@pytest.mark.parametrize(("first", "second"), [("doing", "waiting-customer"), ("waiting-customer", "doing")])
def test_two_states_are_settled_by_the_newest_label_event(desk: Desk, first: str, second: str) -> None:
    desk.label("paul", "kick-off", "state", first, replacing=False)
    desk.label("paul", "kick-off", "state", second, replacing=False)
    desk.advance()
    assert desk.of("state", "kick-off") == [second]
    assert quiet(desk)


def test_two_states_stay_when_psbot_could_not_check_which_is_newer(desk: Desk) -> None:
    desk.unreadable = frozenset({"kick-off"})
    desk.label("paul", "kick-off", "state", "doing", replacing=False)
    made = desk.advance()
    assert "unchecked" in desk.codes(made)
    assert desk.of("state", "kick-off") == ["doing", "todo"]


def test_two_states_stay_when_one_of_them_is_a_label_whose_history_psbot_cannot_read(desk: Desk) -> None:
    desk.label("paul", "project-summary", "state", "doing")
    review = f"{desk.process.catalogue.scopes['state'].name}::review"
    desk.put("paul", "project-summary", review, replacing=False)  # a label of the project, not of the group
    desk.labels = [each for each in desk.labels if each.title != review]
    made = desk.advance()
    assert "unchecked" in desk.codes(made)
    assert desk.of("state", "project-summary") == ["doing", "review"]
    assert quiet(desk)


def test_labels_of_people_in_other_scopes_stay(desk: Desk) -> None:
    item = desk.item("kick-off")
    desk.world = desk.world.with_item(replace(item, labels=item.labels | {"priority::1", "urgent"}))
    desk.label("paul", "kick-off", "state", "doing", replacing=False)
    desk.advance()
    assert desk.item("kick-off").labels >= {"priority::1", "urgent"}

"""``Progress`` collects changes of items, and knows the current version of each."""

from dataclasses import replace

import pytest

from psbot.core.model.facts import Facts
from psbot.core.model.history import Histories, History, StateEvent
from psbot.core.model.operations import Close, Relabel
from psbot.core.workflow.progress import Progress
from tests.support.board import BOT, Desk


def progress_of(desk: Desk, history: History | None = None) -> Progress:
    """Return the progress before any rule; *history* is that of the kick-off, None if it could not be read."""
    histories = Histories({"kick-off": history})
    return Progress(Facts(desk.engagement, desk.process, desk.world, desk.now, histories))


def test_current_item_is_the_one_of_the_last_step(desk: Desk) -> None:
    item = desk.item("kick-off")
    progress = progress_of(desk)
    doing = progress.with_label(item, "state", "doing", "work has started")
    assert doing.current(item).labels != item.labels
    assert doing.current(item) == doing.facts.observed.by_key()["kick-off"]
    assert progress.current(item) == item, "a step leaves the progress before it as it was"


def test_operations_are_the_difference_between_before_and_now(desk: Desk) -> None:
    item = desk.item("kick-off")
    progress = progress_of(desk).with_label(item, "state", "doing", "work has started")
    (relabel,) = progress.operations_since(desk.world)
    assert isinstance(relabel, Relabel)
    assert (relabel.item, relabel.reason) == (item, "work has started")
    back = progress.with_label(progress.current(item), "state", desk.of("state", "kick-off")[0], "not yet")
    assert list(back.operations_since(desk.world)) == []


def test_finished_item_is_closed_as_done(desk: Desk) -> None:
    item = desk.item("kick-off")
    progress = progress_of(desk, History()).close(item, "all is done")
    (close,) = progress.operations_since(desk.world)
    assert isinstance(close, Close)
    assert desk.title("state", "done") in progress.current(item).labels
    assert progress.close(progress.current(item), "again") is progress, "a closed item stays closed"


@pytest.mark.parametrize("is_read", [True, False])
def test_item_that_a_person_may_have_reopened_is_not_closed(desk: Desk, is_read: bool) -> None:
    reopened = StateEvent("kick-off", True, replace(BOT, username="maria", is_machine=False), desk.now)
    progress = progress_of(desk, History(states=(reopened,)) if is_read else None)
    item = desk.item("kick-off")
    assert progress.close(item, "all is done").current(item).is_open

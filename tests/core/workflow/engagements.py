"""The AWS example at points of its life."""

from typing import Any

from tests.support.board import Desk, example


def delivering(**changes: Any) -> Desk:
    """Return the AWS example in delivery, on 2026-12-10."""
    desk = Desk(example(**changes))
    desk.apply()
    desk.finish("maria", "welcome-email")
    desk.on("2026-12-10")
    desk.finish("paul", "kick-off", "intake-aws")
    assert desk.phase == "delivery"
    return desk


def wrapping_up() -> Desk:
    """Return the AWS example on its last day."""
    desk = delivering()
    desk.on("2027-02-26")
    desk.advance()
    assert desk.phase == "wrap-up"
    return desk


def quiet(desk: Desk) -> bool:
    """Tell whether psbot has nothing left to write."""
    return desk.plan().is_empty

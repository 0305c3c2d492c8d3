"""Reading until nothing is missing, within a limit of rounds."""

from psbot.observe.histories import read_until_settled


def test_reading_ends_when_nothing_is_missing() -> None:
    assert read_until_settled(0, lambda number: number + 1 if number < 3 else None) == 3


def test_reading_ends_after_five_rounds_when_more_is_always_missing() -> None:
    assert read_until_settled(0, lambda number: number + 1) == 5

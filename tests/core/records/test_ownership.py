"""Which values follow the engagement file, and which people keep."""

from dataclasses import replace
from datetime import date

import pytest

from psbot.core.model.item import Item
from psbot.core.records.ownership import (
    FieldDecision,
    decide_field,
    field_memory,
    other_memory,
    why_kept,
    with_kept_values,
)
from psbot.core.text.marker import Marker

BEFORE = Item(
    "kick-off", "kick-off", "a/b", "Kick-off", "", assignees=("paul",), due_on=date(2026, 12, 1), iid=3
)


def written(item: Item, **memory: str) -> Item:
    """Return *item* with a marker that remembers the fields of BEFORE."""
    note = Marker("acme", item.key, {**field_memory(BEFORE), **memory})
    return replace(item, description=f"{note}\nText.\n")


FIELDS: list[tuple[str, object]] = [
    ("title", "Kick-off: Acme"),
    ("start_on", date(2026, 11, 30)),
    ("due_on", date(2026, 12, 2)),
    ("assignees", ("petra",)),
]


@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_field_follows_the_file_when_gitlab_shows_what_psbot_wrote(field: str, value: object) -> None:
    desired, observed = replace(BEFORE, **{field: value}), written(BEFORE)  # type: ignore[arg-type]
    assert decide_field(field.removesuffix("s"), desired, observed) is FieldDecision.FOLLOW
    assert with_kept_values(desired, observed) == desired


@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_field_is_kept_when_a_person_has_changed_it(field: str, value: object) -> None:
    observed = written(replace(BEFORE, **{field: value}))  # type: ignore[arg-type]
    assert decide_field(field.removesuffix("s"), BEFORE, observed) is FieldDecision.KEEP
    assert getattr(with_kept_values(BEFORE, observed), field) == value


def test_field_is_the_same_when_file_and_gitlab_agree_whatever_the_marker_remembers() -> None:
    moved = replace(BEFORE, due_on=date(2027, 1, 4))
    assert decide_field("due_on", moved, written(moved)) is FieldDecision.SAME


def test_field_is_kept_when_the_marker_does_not_remember_it() -> None:
    observed = replace(written(BEFORE), description="Text.\n")
    desired = replace(BEFORE, due_on=date(2026, 12, 2))
    assert decide_field("due_on", desired, observed) is FieldDecision.KEEP
    assert why_kept("due_on", desired, observed) == "the marker does not show that psbot wrote this value"


def test_item_that_gitlab_does_not_have_is_as_desired() -> None:
    assert with_kept_values(BEFORE, None) == BEFORE


def test_other_memory_is_what_the_marker_remembers_besides_the_fields() -> None:
    assert other_memory(written(BEFORE, phase="setup", since="2026-11-23")) == {
        "phase": "setup",
        "since": "2026-11-23",
    }
    assert other_memory(BEFORE) == {}


def test_start_is_kept_when_it_would_be_after_the_due_date_that_a_person_set() -> None:
    known = replace(BEFORE, start_on=date(2026, 11, 30), due_on=date(2026, 12, 1))
    observed = replace(written(known, start="2026-11-30"), due_on=date(2026, 11, 30))
    desired = replace(known, start_on=date(2026, 12, 3), due_on=date(2026, 12, 4))
    assert decide_field("start_on", desired, observed) is FieldDecision.KEEP
    assert why_kept("start_on", desired, observed) == (
        "the start 2026-12-03 would be after the due date 2026-11-30, which GitLab refuses"
    )


def test_epic_takes_a_start_after_its_due_date() -> None:
    known = replace(BEFORE, key="epic", start_on=date(2026, 11, 30), due_on=date(2026, 12, 1))
    observed = replace(written(known, start="2026-11-30"), due_on=date(2026, 11, 30))
    desired = replace(known, start_on=date(2026, 12, 3), due_on=date(2026, 12, 4))
    assert decide_field("start_on", desired, observed) is FieldDecision.FOLLOW

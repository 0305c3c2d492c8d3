"""Items that exist twice: psbot closes its own, and reports the others."""

from dataclasses import replace

from psbot.core.model.finding import Finding
from psbot.core.model.item import HumanActivity, Item, Snapshot
from psbot.core.model.operations import Close
from psbot.core.plan.duplicates import close_duplicates
from tests.support.builders import GROUP, PROCESS, SHARED

FIRST = Item("kick-off", "kick-off", SHARED, "Kick-off", "", frozenset({"ps-state::todo"}), iid=7)
SECOND = replace(FIRST, iid=8, is_created_by_machine=True, human_activity=HumanActivity.NO)


def decided(*duplicates: Item, epic: Item | None = None) -> list[Close | Finding]:
    return list(close_duplicates(Snapshot(epic, (FIRST,), duplicates=duplicates), PROCESS))


def test_unedited_duplicate_is_closed_as_one_of_the_first() -> None:
    (operation,) = decided(SECOND)
    assert isinstance(operation, Close)
    assert (operation.duplicate_of, operation.delta.add) == (FIRST, ("ps-state::skipped",))
    assert operation.reason == f"duplicate of {SHARED}#7, created by a concurrent run"


def test_duplicate_epic_is_closed_without_a_label() -> None:
    epic = Item("epic", "engagement", GROUP, "Acme", "", iid=1)
    second = replace(epic, iid=2, is_created_by_machine=True, human_activity=HumanActivity.NO)
    (operation,) = decided(second, epic=epic)
    assert isinstance(operation, Close)
    assert operation.delta.is_empty
    assert operation.reason == f"duplicate of {GROUP}&1, created by a concurrent run"


def test_duplicate_that_a_person_created_or_edited_is_reported() -> None:
    for item in (
        replace(SECOND, is_created_by_machine=False),
        replace(SECOND, human_activity=HumanActivity.YES),
        replace(SECOND, human_activity=HumanActivity.UNKNOWN),
    ):
        (finding,) = decided(item)
        assert isinstance(finding, Finding)
        assert finding.message == (
            f"{SHARED}#8 carries the marker of kick-off, as does {SHARED}#7. Keep one and close the other manually."
        )


def test_closed_duplicate_is_left_alone() -> None:
    assert decided(replace(SECOND, is_open=False)) == []

"""Which work items psbot matches, ignores and reports: one rule a test."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from psbot.core.identity.identify import (
    IdentifiedItems,
    UntrustedEpic,
    find_epics,
    find_unmarked_epic,
    find_unmarked_items,
    identify,
)
from psbot.core.model.work_item import Author, WorkItem
from tests.core.identity.items import BOT, CUSTOMER, GHOST, PAUL, epic, work_item
from tests.support.builders import PROCESS, SHARED, engagement

ENGAGEMENT = engagement()
EPIC = epic(number=1)


def identified(*others: WorkItem, epics: tuple[WorkItem, ...] = (EPIC,)) -> IdentifiedItems:
    return identify(ENGAGEMENT, PROCESS, list(epics), others)


def children(result: IdentifiedItems) -> dict[str, int | None]:
    return {item.key: item.iid for item in result.snapshot.children}


def findings(result: IdentifiedItems) -> list[tuple[str, str | None]]:
    return [(each.code, each.item) for each in result.findings]


# The epic


@pytest.mark.parametrize("author", [BOT, PAUL, GHOST])
def test_epic_is_found_by_its_marker_when_a_trusted_account_created_it(author: Author) -> None:
    ours, other = epic(author), work_item(None, place="acme/delivery", is_epic=True)
    assert find_epics(ENGAGEMENT, PROCESS, [other, ours]) == [ours]


def test_epic_of_an_outsider_stops_instead_of_creating_a_second_engagement() -> None:
    with pytest.raises(UntrustedEpic) as raised:
        find_epics(ENGAGEMENT, PROCESS, [epic(CUSTOMER, number=7)])
    assert raised.value.epic.iid == 7


def test_open_epic_with_the_lowest_number_comes_first() -> None:
    closed, second, first = epic(number=2, is_open=False), epic(number=9), epic(number=3)
    assert find_epics(ENGAGEMENT, PROCESS, [closed, second, first]) == [first, second, closed]


def test_epic_without_a_marker_is_found_above_its_children() -> None:
    bare = work_item(None, place="acme/delivery", is_epic=True)
    child = work_item("kick-off", parent=bare)
    assert find_unmarked_epic(ENGAGEMENT, [child], {bare.gid: bare}) == bare
    assert find_unmarked_epic(ENGAGEMENT, [work_item("kick-off")], {bare.gid: bare}) is None


# Children


def test_child_is_matched_by_its_marker_wherever_it_is() -> None:
    attached, detached = work_item("kick-off", parent=EPIC), work_item("log")
    result = identified(attached, detached)
    assert children(result) == {"kick-off": attached.iid, "log": detached.iid}
    assert {item.key: item.is_detached for item in result.snapshot.children} == {
        "kick-off": False,
        "log": True,
    }


def test_copy_that_a_move_leaves_behind_is_ignored() -> None:
    assert identified(work_item("kick-off", parent=EPIC, is_moved=True)).snapshot.children == ()


def test_marked_items_without_an_epic_are_orphans() -> None:
    child = work_item("kick-off")
    assert identified(child, epics=()).orphans == (child.reference,)


def test_second_open_item_with_the_same_marker_is_a_duplicate() -> None:
    first, second, closed = (
        work_item("kick-off", parent=EPIC, number=11),
        work_item("kick-off", parent=EPIC, number=12),
        work_item("kick-off", parent=EPIC, number=10, is_open=False),
    )
    result = identified(second, closed, first)
    assert children(result) == {"kick-off": 11}
    assert [item.iid for item in result.snapshot.duplicates] == [12]


def test_duplicate_below_a_second_epic_comes_last() -> None:
    second_epic = epic(number=2)
    theirs, ours = (
        work_item("kick-off", parent=second_epic, number=11),
        work_item("kick-off", parent=EPIC, number=12),
    )
    result = identified(theirs, ours, epics=(EPIC, second_epic))
    assert children(result) == {"kick-off": 12}
    assert [(item.key, item.iid) for item in result.snapshot.duplicates] == [("kick-off", 11), ("epic", 2)]


# Items without a marker


def test_single_item_without_its_marker_is_matched_by_its_kind_label() -> None:
    bare = work_item(None, parent=EPIC, label="kick-off")
    assert children(identified(bare)) == {"kick-off": bare.iid}


def test_two_candidates_for_a_single_item_are_reported_with_the_line_to_add() -> None:
    first, second = (work_item(None, parent=EPIC, label="kick-off") for _ in range(2))
    result = identified(first, second)
    assert (children(result), findings(result)) == ({}, [("marker-ambiguous", "kick-off")])
    assert result.findings[0].message == (
        f"{first.reference}, {second.reference} have the kind label of kick-off but no marker, so psbot cannot tell "
        "which one is the kick-off. Add this line at the top of the right item and remove the label from the others: "
        "<!-- psbot: engagement=acme-sow-142 item=kick-off -->"
    )


def test_call_without_its_marker_is_reported_since_it_could_be_any_call() -> None:
    bare = work_item(None, parent=EPIC, label="call")
    result = identified(bare)
    assert (children(result), findings(result)) == ({}, [("marker-missing", None)])
    assert result.findings[0].message.startswith(f"{bare.reference} has the kind label of call but no marker")


def test_call_without_its_marker_is_matched_by_kind_label_title_and_due_date() -> None:
    day = date(2026, 12, 8)
    call: dict[str, Any] = {
        "parent": EPIC,
        "label": "call",
        "due_on": day,
        "title": "Call 2026-12-08: Acme Corp",
    }
    bare = work_item(None, **call)
    assert children(identified(bare)) == {"call/2026-12-08": bare.iid}
    assert children(identified(replace(bare, is_open=False))) == {"call/2026-12-08": bare.iid}
    for other in (
        replace(bare, title="Call with Ada"),
        replace(bare, due_on=date(2026, 12, 9)),
        replace(bare, author=CUSTOMER),
        replace(bare, parent=None),
    ):
        assert children(identified(other)) == {}
    marked = work_item("call/2026-12-08", parent=EPIC)
    assert children(identified(bare, marked)) == {"call/2026-12-08": marked.iid}
    twice = identified(bare, work_item(None, **call))
    assert (children(twice), findings(twice)) == ({}, [("marker-missing", None)] * 2)


def test_items_that_look_like_an_engagements_are_found_only_where_a_trusted_account_made_them() -> None:
    above = work_item(None, place="acme/delivery", is_epic=True)
    alone, below = work_item(None, label="kick-off"), work_item(None, label="call", parent=above)
    others = (
        work_item(None, CUSTOMER, label="kick-off"),
        work_item(None, label="change-request"),
        work_item(None, label="kick-off", parent=EPIC),
        work_item(None, label="kick-off", place="globex/delivery/project"),
        work_item("kick-off", label="kick-off"),
    )
    found = find_unmarked_items(ENGAGEMENT, PROCESS, (alone, below, *others), [above.gid])
    assert found == [alone, below]


def test_change_requests_of_people_get_the_lowest_free_numbers() -> None:
    marked = work_item("change-request/2", parent=EPIC)
    bare = [work_item(None, CUSTOMER, parent=EPIC, label="change-request") for _ in range(2)]
    assert children(identified(marked, *bare)) == {
        "change-request/2": marked.iid,
        "change-request/1": bare[0].iid,
        "change-request/3": bare[1].iid,
    }


def test_number_that_concurrent_runs_gave_to_two_requests_stays_with_the_first() -> None:
    first, second, same = (
        work_item("change-request/1", parent=EPIC, memory={"asked": asked}) for asked in ("a", "b", "a")
    )
    result = identified(first, second, same)
    assert children(result) == {"change-request/1": first.iid, "change-request/2": second.iid}
    assert [item.iid for item in result.snapshot.duplicates] == [same.iid]


# Items that do not count


def test_marker_on_an_item_of_an_outsider_is_reported_and_ignored() -> None:
    copy = work_item("kick-off", CUSTOMER)
    result = identified(copy)
    assert (children(result), findings(result)) == ({}, [("untrusted-marker", "kick-off")])
    assert result.snapshot.untrusted == frozenset()


def test_untrusted_child_of_the_epic_keeps_psbot_from_creating_another_one() -> None:
    result = identified(work_item("kick-off", CUSTOMER, parent=EPIC))
    assert result.snapshot.untrusted == {"kick-off"}
    assert findings(result) == [("untrusted-item", "kick-off")]
    assert "Add the account to `people:` or to config/accounts.yml" in result.findings[0].message


def test_untrusted_child_is_only_reported_when_the_item_is_there() -> None:
    result = identified(work_item("kick-off", parent=EPIC), work_item("kick-off", CUSTOMER, parent=EPIC))
    assert result.snapshot.untrusted == frozenset()
    assert findings(result) == [("untrusted-marker", "kick-off")]


def test_internal_marker_in_the_customers_project_is_misplaced() -> None:
    result = identified(work_item("log", PAUL, parent=EPIC, place=SHARED))
    assert (children(result), findings(result)) == ({}, [("misplaced", "log")])
    assert result.findings[0].message.endswith("psbot ignores it; restore its own marker.")

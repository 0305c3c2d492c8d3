"""What happens to items that the engagement file does not have: one case a test."""

from dataclasses import replace

import pytest

from psbot.core.model.finding import Finding
from psbot.core.model.item import Desired, HumanActivity, Item, Snapshot
from psbot.core.model.operations import Close, Operation, Redescribe, Relabel
from psbot.core.plan.unlisted import needs_activity_check, plan_unlisted
from tests.support.builders import INTERNAL, PROCESS, SHARED, engagement, process

CALL = Item(
    "call/2026-12-08",
    "call",
    SHARED,
    "Call",
    "<!-- psbot: engagement=acme-sow-142 item=call/2026-12-08 -->\nText.\n",
    frozenset({"ps-kind::call", "ps-state::todo"}),
    iid=4,
    human_activity=HumanActivity.NO,
)
REQUEST = Item(
    "change-request/1",
    "change-request",
    INTERNAL,
    "More hours",
    "Text.\n",
    frozenset({"ps-kind::change-request"}),
    iid=5,
)


def planned(
    item: Item, sections: dict[str, str] | None = None, **changes: object
) -> list[Operation | Finding]:
    ours = engagement(skip=changes.get("skip", {}))
    return list(plan_unlisted(ours, PROCESS, item, sections or {}))


def test_obsolete_item_is_closed_when_nobody_has_edited_it() -> None:
    (operation,) = planned(CALL)
    assert isinstance(operation, Close)
    assert (operation.delta.add, operation.delta.remove) == (("ps-state::skipped",), ("ps-state::todo",))
    assert operation.reason == "no longer in the engagement file, unchanged since psbot created it"


@pytest.mark.parametrize("name", ["call", "call/2026-12-08"])
def test_skipped_item_is_closed_with_the_reason_of_the_file(name: str) -> None:
    (operation,) = planned(CALL, skip={name: "the customer declined"})
    assert isinstance(operation, Close)
    assert operation.reason == (
        "skipped in the engagement file (the customer declined), unchanged since psbot created it"
    )


@pytest.mark.parametrize(
    ("activity", "why"),
    [
        (HumanActivity.YES, "has been edited"),
        (HumanActivity.UNKNOWN, "psbot could not check whether it has been edited"),
    ],
)
def test_obsolete_item_stays_open_when_a_person_may_have_edited_it(activity: HumanActivity, why: str) -> None:
    (finding,) = planned(replace(CALL, human_activity=activity))
    assert isinstance(finding, Finding)
    assert (finding.code, finding.item) == ("obsolete-kept", CALL.key)
    assert finding.message == (
        f"call/2026-12-08 is no longer in the engagement file but {why}. "
        "It stays open; close it manually if it is obsolete."
    )


def test_item_whose_question_the_file_answers_is_closed_with_its_own_state() -> None:
    kinds = {**PROCESS.kinds, "intake-aws": replace(PROCESS.kinds["intake-aws"], when_unwanted="done")}
    item = replace(CALL, key="intake-aws", kind="intake-aws", human_activity=HumanActivity.YES)
    (operation,) = plan_unlisted(engagement(hosting="on-prem"), process(kinds=kinds), item, {})
    assert isinstance(operation, Close)
    assert operation.delta.add == ("ps-state::done",)
    assert operation.reason == "resolved by the engagement file"


def test_item_of_a_person_gets_labels_and_a_marker_once() -> None:
    relabel, redescribe = planned(REQUEST)
    assert isinstance(relabel, Relabel)
    assert isinstance(redescribe, Redescribe)
    assert relabel.delta.add == ("ps-state::todo",)
    assert relabel.reason == "created by a person without these labels"
    assert redescribe.reason == "created by a person without a marker"
    adopted = replace(
        REQUEST,
        description=redescribe.apply_to(REQUEST.description),
        labels=REQUEST.labels | frozenset(relabel.delta.add),
    )
    assert planned(adopted) == []


def test_section_of_an_item_of_a_person_follows() -> None:
    text = "<!-- psbot begin: missing -->\nhours\n<!-- psbot end: missing -->\n"
    item = replace(
        REQUEST, description=f"<!-- psbot: engagement=acme-sow-142 item=change-request/1 -->\n{text}"
    )
    (operation,) = planned(item, {"missing": "nothing\n"})
    assert isinstance(operation, Redescribe)
    assert (operation.sections, operation.marker) == ({"missing": "nothing\n"}, None)
    assert operation.reason == "section missing is out of date: 1 line differs"


def test_number_that_was_assigned_twice_is_replaced_in_the_marker() -> None:
    item = replace(
        REQUEST,
        key="change-request/2",
        description="<!-- psbot: engagement=acme-sow-142 item=change-request/1 asked=b -->\nText.\n",
    )
    (operation,) = planned(item)
    assert isinstance(operation, Redescribe)
    assert operation.marker == "<!-- psbot: engagement=acme-sow-142 item=change-request/2 asked=b -->"
    assert operation.reason == "concurrent runs assigned its number twice"


def test_item_of_an_unknown_kind_stays() -> None:
    assert planned(replace(CALL, kind="retired")) == []


def test_histories_are_read_only_where_they_decide() -> None:
    unknown = HumanActivity.UNKNOWN
    items = (
        replace(CALL, human_activity=unknown),
        replace(CALL, key="call/2026-12-15", human_activity=unknown, is_open=False),
        replace(CALL, key="kick-off", kind="kick-off", human_activity=unknown),
        replace(REQUEST, human_activity=unknown),
    )
    duplicate = replace(CALL, key="kick-off", kind="kick-off", human_activity=unknown)
    observed = Snapshot(
        children=items, duplicates=(replace(duplicate, is_created_by_machine=True), duplicate)
    )
    desired = Desired(Snapshot(children=(items[2],)), frozenset())
    checked = needs_activity_check(desired, observed, PROCESS)
    assert [(item.key, item.is_created_by_machine) for item in checked] == [
        ("call/2026-12-08", False),
        ("kick-off", True),
    ]

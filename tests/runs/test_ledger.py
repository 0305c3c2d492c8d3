"""The ledger of a run: what may be done next, from the receipts alone."""

from dataclasses import replace

import pytest

from psbot.apply.receipt import Outcome, Receipt
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.labels import LabelSpec
from psbot.core.model.operations import (
    CreateChild,
    CreateEpic,
    CreateLabel,
    Operation,
    PostNotice,
    Redescribe,
    Retitle,
)
from psbot.core.plan.plan import Plan
from psbot.runs.ledger import Ledger, operation_key
from tests.support.builders import GROUP, LABEL_GROUP, PROCESS, SHARED

EPIC = CreateEpic(Item("epic", "epic", GROUP, "Acme", ""), "new")
KICK_OFF = CreateChild(Item("kick-off", "kick-off", SHARED, "Kick-off", ""), "new")
LOG = CreateChild(Item("log", "log", SHARED, "Log", ""), "new")
TITLE = Retitle(Item("kick-off", "kick-off", SHARED, "Kick-off", "", iid=3), "Start", "renamed")
LABEL = CreateLabel(LABEL_GROUP, LabelSpec("ps-state::todo", "#ffffff", ""))
NOTICE = PostNotice(Item("log", "log", SHARED, "Log", "", iid=2), "end", "Text", "finding")


def done(operation: Operation, gid: str | None = None) -> Receipt:
    return Receipt(operation, Outcome.DONE, gid=gid)


def unclear(operation: Operation) -> Receipt:
    return Receipt(operation, Outcome.UNCLEAR)


def plan(*operations: Operation) -> Plan:
    return Plan("acme", operations)


def test_operation_keeps_its_key_when_its_values_change() -> None:
    assert operation_key(TITLE) == operation_key(replace(TITLE, after="Other", reason="again"))


@pytest.mark.parametrize(
    "other", [KICK_OFF, LABEL, replace(NOTICE, note_gid="gid://gitlab/Note/1"), replace(NOTICE, identity="x")]
)
def test_operations_of_another_verb_label_or_note_have_another_key(other: Operation) -> None:
    assert operation_key(other) not in {operation_key(TITLE), operation_key(NOTICE), operation_key(LOG)}


def test_moving_an_item_below_its_epic_is_not_the_rewriting_of_its_description() -> None:
    rewrite = Redescribe(TITLE.item, reason="outdated")
    assert operation_key(rewrite) != operation_key(replace(rewrite, parent="gid://gitlab/WorkItem/1"))


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.DONE])
def test_refused_and_created_items_are_not_tried_again(outcome: Outcome) -> None:
    ledger = Ledger()
    ledger.record([Receipt(KICK_OFF, outcome, gid="gid://gitlab/WorkItem/7")])
    assert ledger.next_operations(plan(KICK_OFF, LOG), PROCESS) == (LOG,)


def test_change_that_is_planned_again_is_tried_again() -> None:
    ledger = Ledger()
    ledger.record([done(TITLE)])
    assert ledger.next_operations(plan(TITLE), PROCESS) == (TITLE,)


def test_operations_with_the_fewest_unclear_answers_come_first() -> None:
    ledger = Ledger()
    ledger.record([unclear(KICK_OFF)])
    assert ledger.next_operations(plan(KICK_OFF, LOG), PROCESS) == (LOG,)
    ledger.record([unclear(LOG), unclear(LOG)])
    assert ledger.next_operations(plan(KICK_OFF, LOG), PROCESS) == (KICK_OFF,)
    assert ledger.has_unclear([LOG])
    assert not ledger.has_unclear([TITLE])


def test_labels_and_the_epic_are_never_put_last() -> None:
    ledger = Ledger()
    ledger.record([unclear(EPIC), unclear(LABEL)])
    assert not ledger.has_unclear([EPIC, LABEL])


def test_only_reviewed_operations_are_done_of_those_that_people_review() -> None:
    ledger = Ledger(frozenset({operation_key(TITLE)}))
    assert ledger.next_operations(plan(LABEL, KICK_OFF, TITLE), PROCESS) == (LABEL, TITLE)


def test_items_whose_creation_was_not_confirmed_may_exist() -> None:
    ledger = Ledger()
    ledger.record([unclear(KICK_OFF), done(LOG, "gid://gitlab/WorkItem/8"), unclear(TITLE)])
    assert ledger.maybe_created == {"kick-off"}
    assert ledger.created_gids() == {"gid://gitlab/WorkItem/8"}
    assert not ledger.has_created_epic()


def test_ids_of_created_labels_are_known_by_title() -> None:
    ledger = Ledger()
    ledger.record([done(LABEL, "gid://gitlab/GroupLabel/5")])
    assert ledger.created_labels() == {"ps-state::todo": "gid://gitlab/GroupLabel/5"}


def test_operation_that_a_new_plan_no_longer_has_was_carried_out() -> None:
    ledger = Ledger()
    ledger.record([unclear(KICK_OFF), unclear(LOG)])
    found = replace(KICK_OFF.item, iid=3, gid="gid://gitlab/WorkItem/7", url="https://gitlab.example/7")
    pending = [operation_key(KICK_OFF), operation_key(LOG)]
    ledger.record_carried_out(pending, plan(LOG), Snapshot(children=(found,)))
    receipt = ledger.receipts[operation_key(KICK_OFF)]
    assert (receipt.outcome, receipt.iid, receipt.gid) == (Outcome.DONE, 3, "gid://gitlab/WorkItem/7")
    assert ledger.unfinished() == [operation_key(LOG)]

"""What a plan costs: requests, notes and new items."""

from dataclasses import replace

import pytest

from psbot.core.model.item import Item
from psbot.core.model.labels import LabelDelta, LabelSpec
from psbot.core.model.operations import (
    CreateChild,
    CreateEpic,
    CreateLabel,
    Operation,
    PostNotice,
    Reassign,
    Relabel,
)
from psbot.core.model.process import Limits
from psbot.core.plan.cost import Cost, batch_size, plan_cost, target

LIMITS = Limits(batch=15, connections=4)
EPIC = Item("epic", "engagement", "a", "Acme", "")
CHILD = Item("kick-off", "kick-off", "a/b", "Kick-off", "", iid=7)
LABEL = CreateLabel("a", LabelSpec("ps-kind::call", "#1f75cb", ""))


@pytest.mark.parametrize(("count", "size"), [(1, 1), (4, 1), (5, 2), (40, 10), (200, 15)])
def test_batches_use_all_connections(count: int, size: int) -> None:
    assert batch_size(count, LIMITS) == size


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ((), Cost(3, 0, 0)),
        ((LABEL,), Cost(4, 0, 0)),
        ((CreateEpic(EPIC, ""),), Cost(6, 0, 1)),
        ((CreateChild(CHILD, ""),), Cost(7, 0, 1)),
        ((Relabel(CHILD, LabelDelta(), ""),), Cost(5, 0, 0)),
        ((Relabel(CHILD, LabelDelta(), ""), Reassign(CHILD, ("paul",), "")), Cost(6, 0, 0)),
        ((PostNotice(CHILD, "x", "", ""),), Cost(4, 1, 0)),
        ((PostNotice(CHILD, "x", "", "", note_gid="gid"),), Cost(4, 0, 0)),
    ],
)
def test_cost_counts_reads_and_writes(operations: tuple[Operation, ...], expected: Cost) -> None:
    assert plan_cost(operations, LIMITS) == expected


def test_costs_add_up() -> None:
    assert Cost(1, 2, 3) + Cost(4, 5, 6) == Cost(5, 7, 9)


def test_operations_on_one_item_have_the_same_target() -> None:
    assert target(Relabel(CHILD, LabelDelta(), "")) == target(Reassign(CHILD, (), "")) == ("a/b", "7")
    assert target(CreateChild(replace(CHILD, iid=None), "")) == ("a/b", "kick-off")
    assert target(LABEL) == ("a", "ps-kind::call")

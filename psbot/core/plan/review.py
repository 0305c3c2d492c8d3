"""What reviewers saw of a plan, kept small, and how a later plan differs from it."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from psbot.core.model.operations import ItemOperation, Operation
from psbot.core.plan.checksum import is_reviewed, review_line
from psbot.core.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class ReviewedPlan:
    """A plan's checksum and its operations, each by verb and item with a short fingerprint of what it does."""

    checksum: str
    operations: Mapping[str, str] = field(default_factory=dict)


def build_reviewed_plan(plan: Plan) -> ReviewedPlan:
    """Return what reviewers are bound to of *plan*: occurrences, labels and managed text do not count."""
    return ReviewedPlan(
        plan.checksum(), {_operation_name(each): _fingerprint(each) for each in _reviewed_operations(plan)}
    )


def differences(reviewed_plan: ReviewedPlan, plan: Plan) -> tuple[str, ...]:
    """Return in one line each what *plan* does otherwise than the one reviewed; empty where nothing has moved."""
    if plan.checksum() == reviewed_plan.checksum:
        return ()
    now = build_reviewed_plan(plan).operations
    new = [f"{name} was not in it" for name in now if name not in reviewed_plan.operations]
    gone = [f"{name} is no longer to be done" for name in reviewed_plan.operations if name not in now]
    other = [
        f"{name} does something else"
        for name, what in now.items()
        if reviewed_plan.operations.get(name, what) != what
    ]
    return (*sorted(new), *sorted(gone), *sorted(other))


def _reviewed_operations(plan: Plan) -> Iterator[Operation]:
    return (each for each in plan.operations if is_reviewed(each))


def _operation_name(operation: Operation) -> str:
    key = operation.item.key if isinstance(operation, ItemOperation) else operation.spec.title
    return f"{operation.op} {key}"


def _fingerprint(operation: Operation) -> str:
    return hashlib.sha256(review_line(operation).encode()).hexdigest()[:8]

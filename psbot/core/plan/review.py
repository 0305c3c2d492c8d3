"""What reviewers approved of a plan, in short, and how a later plan differs from it."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from psbot.core.model.operations import ItemOperation, Operation
from psbot.core.plan.checksum import is_reviewed, review_line
from psbot.core.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class ReviewedPlan:
    """A plan's checksum, and its operations by type and item, each with a fingerprint of what it does."""

    checksum: str
    operations: Mapping[str, str] = field(default_factory=dict)


def build_reviewed_plan(plan: Plan) -> ReviewedPlan:
    """Return what reviewers approve of *plan*; calls, standups, labels and managed text are not included."""
    return ReviewedPlan(
        plan.checksum(), {_operation_name(each): _fingerprint(each) for each in _reviewed_operations(plan)}
    )


def differences(reviewed_plan: ReviewedPlan, plan: Plan) -> tuple[str, ...]:
    """Return one line for each operation in which *plan* differs from the reviewed one; empty if none does."""
    if plan.checksum() == reviewed_plan.checksum:
        return ()
    now = build_reviewed_plan(plan).operations
    added = [f"{name} is new" for name in now if name not in reviewed_plan.operations]
    removed = [f"{name} is no longer planned" for name in reviewed_plan.operations if name not in now]
    changed = [
        f"{name} has changed"
        for name, fingerprint in now.items()
        if reviewed_plan.operations.get(name, fingerprint) != fingerprint
    ]
    return (*sorted(added), *sorted(removed), *sorted(changed))


def _reviewed_operations(plan: Plan) -> Iterator[Operation]:
    return (each for each in plan.operations if is_reviewed(each))


def _operation_name(operation: Operation) -> str:
    key = operation.item.key if isinstance(operation, ItemOperation) else operation.spec.title
    return f"{operation.op} {key}"


def _fingerprint(operation: Operation) -> str:
    return hashlib.sha256(review_line(operation).encode()).hexdigest()[:8]

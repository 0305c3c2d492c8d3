"""Build a plan: compare desired and observed items; the result is operations, kept values and findings."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding
from psbot.core.model.item import Desired, Item, Snapshot
from psbot.core.model.operations import (
    Close,
    CreateChild,
    CreateEpic,
    CreateLabel,
    Operation,
    PostNotice,
    Reassign,
    Redescribe,
    Relabel,
    Reopen,
    Reschedule,
    Retitle,
)
from psbot.core.model.process import Limits, Process
from psbot.core.plan.checksum import is_reviewed, review_line
from psbot.core.plan.cost import CREATIONS, Cost, plan_cost, target
from psbot.core.plan.duplicates import close_duplicates
from psbot.core.plan.unlisted import plan_unlisted
from psbot.core.plan.update import plan_update, reattach
from psbot.core.records.ownership import KeptValue

_OPERATION_TYPES = (
    CreateLabel,
    CreateEpic,
    CreateChild,
    Reopen,
    Relabel,
    Retitle,
    Reschedule,
    Reassign,
    Redescribe,
    Close,
    PostNotice,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The operations of one engagement, in order; without any, GitLab is up to date."""

    engagement: str
    operations: tuple[Operation, ...] = ()
    kept: tuple[KeptValue, ...] = ()
    findings: tuple[Finding, ...] = ()
    open_items: int = 0

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to write."""
        return not self.operations

    def summary(self) -> dict[str, int]:
        """Count items created, updated and closed."""
        updated = {
            target(op) for op in self.operations if not isinstance(op, (*CREATIONS, CreateLabel, Close))
        }
        closed = {target(op) for op in self.operations if isinstance(op, Close)}
        created = sum(isinstance(op, CREATIONS) for op in self.operations)
        return {"create": created, "update": len(updated - closed), "close": len(closed)}

    def cost(self, limits: Limits) -> Cost:
        """Return what performing the plan costs, including observation and the closing check."""
        return plan_cost(self.operations, limits)

    def notifications(self) -> dict[str, int]:
        """Count, by username, the notifications GitLab will send: assigned, unassigned, closed, reopened, mentioned."""
        notified: Counter[str] = Counter()
        for op in self.operations:
            match op:
                case CreateEpic(item=item) | CreateChild(item=item) | Close(item=item) | Reopen(item=item):
                    notified.update(item.assignees)
                case Reassign(item=item, after=after):
                    notified.update(set(item.assignees) ^ set(after))
                case PostNotice(mentions=names):
                    notified.update(names)
                case _:
                    pass
        return dict(sorted(notified.items()))

    def checksum(self) -> str:
        """Return a hash of the file-driven operations, the part of a plan that people review.

        It does not cover calls, standups, labels and managed text: they change over time, without a change of the file.
        """
        reviewed = sorted(review_line(op) for op in self.operations if is_reviewed(op))
        return hashlib.sha256("\n".join([self.engagement, *reviewed]).encode()).hexdigest()[:16]

    def why_force_is_needed(self, limits: Limits) -> str | None:
        """Return why this plan needs ``--force``: it closes too many of the open items. None if it does not."""
        closing = self.summary()["close"]
        if closing <= limits.close_more_than or closing <= limits.close_share * self.open_items:
            return None
        return (
            f"{self.engagement}: the plan closes {closing} of {self.open_items} open items, "
            f"more than {limits.close_more_than} and more than {limits.close_share:.0%}"
        )


def build_plan(engagement: Engagement, desired: Desired, observed: Snapshot, process: Process) -> Plan:
    """Return what to write so that GitLab matches *desired*, without changing what people have edited."""
    observed_items = observed.by_key()
    decisions: list[Operation | KeptValue | Finding] = [
        *desired.findings,
        *close_duplicates(observed, process),
        *_create_labels(engagement, observed, process),
        *_create_items(desired, observed, process),
        *_update_items(engagement, desired, observed, process),
    ]
    return Plan(
        engagement.key,
        sort_operations(each for each in decisions if isinstance(each, _OPERATION_TYPES)),
        tuple(sorted(each for each in decisions if isinstance(each, KeptValue))),
        tuple(sorted((each for each in decisions if isinstance(each, Finding)), key=str)),
        sum(item.is_open for item in observed_items.values()) + len(observed.duplicates),
    )


def _create_labels(engagement: Engagement, observed: Snapshot, process: Process) -> Iterator[CreateLabel]:
    for spec in process.catalogue.specs():
        if spec.title not in observed.labels:
            yield CreateLabel(engagement.gitlab.label_group, spec)


def _create_items(
    desired: Desired, observed: Snapshot, process: Process
) -> Iterator[CreateEpic | CreateChild]:
    observed_items = observed.by_key()
    for key, item in desired.snapshot.by_key().items():
        if key in desired.due_now and key not in observed_items and key not in observed.untrusted:
            yield _create(item, process)


def _update_items(
    engagement: Engagement, desired: Desired, observed: Snapshot, process: Process
) -> Iterator[Operation | KeptValue | Finding]:
    desired_items = desired.snapshot.by_key()
    for key, item in observed.by_key().items():
        if not item.is_open:
            continue
        if key in desired_items:
            yield from plan_update(engagement.key, desired_items[key], item, process)
        else:
            yield from plan_unlisted(engagement, process, item, desired.sections.get(key, {}))
        yield from reattach(item, observed.epic)


def sort_operations(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """Return *operations* in the order in which they are performed."""
    return tuple(sorted(operations, key=_sort_key))


def _create(item: Item, process: Process) -> CreateEpic | CreateChild:
    if item.is_epic:
        return CreateEpic(item, "in the engagement file, not in GitLab")
    if process.kinds[item.kind].is_occurrence:
        reason = f"due {item.due_on}, within the {process.horizon_days}-day planning horizon"
        return CreateChild(item, reason, is_occurrence=True)
    return CreateChild(item, "in the engagement file, not in GitLab")


def _sort_key(operation: Operation) -> tuple[int, date, str, int]:
    """Labels, then the epic, then children by due date and key; on one item in the order of _OPERATION_TYPES."""
    position = _OPERATION_TYPES.index(type(operation))
    if isinstance(operation, CreateLabel):
        return (0, date.min, "", position)
    return (
        1 if operation.item.is_epic else 2,
        operation.item.due_on or date.max,
        operation.item.key,
        position,
    )

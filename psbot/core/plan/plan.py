"""plan(desired, observed) → operations, what is kept, what a person should know."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import ceil

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
from psbot.core.model.process import Kind, Limits, Process
from psbot.core.plan.checksum import is_reviewed, review_line
from psbot.core.plan.cost import BASE_READS, Cost, batch_size
from psbot.core.plan.obsolete import close_duplicates, plan_unlisted, reattach
from psbot.core.plan.update import plan_update
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


_CREATIONS = (CreateEpic, CreateChild)


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered operations of one engagement; empty means in sync."""

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
            _target(op) for op in self.operations if not isinstance(op, (*_CREATIONS, CreateLabel, Close))
        }
        closed = {_target(op) for op in self.operations if isinstance(op, Close)}
        created = sum(isinstance(op, _CREATIONS) for op in self.operations)
        return {"create": created, "update": len(updated - closed), "close": len(closed)}

    def cost(self, limits: Limits) -> Cost:
        """Count what performing the plan takes, observation and closing check included."""
        labels, epics, children, people = (
            sum(isinstance(op, verb) for op in self.operations)
            for verb in (CreateLabel, CreateEpic, CreateChild, (*_CREATIONS, Reassign))
        )
        notices = [op.note_gid for op in self.operations if isinstance(op, PostNotice)]
        notes = notices.count(None)
        changed = len(
            {
                _target(op)
                for op in self.operations
                if not isinstance(op, (*_CREATIONS, CreateLabel, PostNotice))
            }
        )
        writes = epics + sum(
            ceil(count / batch_size(count, limits))
            for count in (labels, children, changed, notes, len(notices) - notes)
        )
        looks = (epics + children > 0) + (children > 0 and not epics)
        reads = BASE_READS + (people > 0) + ceil(changed / limits.recheck_size) + looks
        return Cost(reads + writes, notes, epics + children)

    def notifications(self) -> dict[str, int]:
        """Count, by username, the messages GitLab will send people: assigned, relieved, closed on, mentioned."""
        told: Counter[str] = Counter()
        for op in self.operations:
            match op:
                case CreateEpic(item=item) | CreateChild(item=item) | Close(item=item) | Reopen(item=item):
                    told.update(item.assignees)
                case Reassign(item=item, after=after):
                    told.update(set(item.assignees) ^ set(after))
                case PostNotice(mentions=names):
                    told.update(names)
                case _:
                    pass
        return dict(sorted(told.items()))

    def checksum(self) -> str:
        """Return a hash of the file-driven operations, the part of a plan that people review.

        Occurrences, labels and managed text do not count: they change as days pass and people work.
        """
        reviewed = sorted(review_line(op) for op in self.operations if is_reviewed(op))
        return hashlib.sha256("\n".join([self.engagement, *reviewed]).encode()).hexdigest()[:16]

    def why_force_is_needed(self, limits: Limits) -> str | None:
        """Say why this plan needs ``--force``, or None: it closes more than a few and most of what is open."""
        closing = self.summary()["close"]
        if closing <= limits.close_more_than or closing <= limits.close_share * self.open_items:
            return None
        return (
            f"{self.engagement}: the plan closes {closing} of {self.open_items} open items, more than "
            f"{limits.close_more_than} and more than {limits.close_share:.0%}"
        )


def build_plan(engagement: Engagement, desired: Desired, observed: Snapshot, process: Process) -> Plan:
    """Return what has to be written so that GitLab has what *desired* says, without touching people's work."""
    found = observed.by_key()
    wanted = desired.snapshot.by_key()
    decisions: list[Operation | KeptValue | Finding] = [
        *desired.findings,
        *close_duplicates(observed, process),
    ]
    decisions += [
        CreateLabel(engagement.gitlab.label_group, spec)
        for spec in process.catalogue.specs()
        if spec.title not in observed.labels
    ]
    decisions += [
        _create(item, process.kinds[item.kind])
        for key, item in wanted.items()
        if key in desired.due_now and key not in found and key not in observed.untrusted
    ]
    for key, item in found.items():
        if item.is_open:
            decisions += (
                plan_update(engagement.key, wanted[key], item, process)
                if key in wanted
                else plan_unlisted(engagement, process, item, desired.sections.get(key, {}))
            )
            decisions += reattach(item, observed.epic)
    return Plan(
        engagement.key,
        sort_operations(each for each in decisions if isinstance(each, _OPERATION_TYPES)),
        tuple(sorted(each for each in decisions if isinstance(each, KeptValue))),
        tuple(sorted((each for each in decisions if isinstance(each, Finding)), key=str)),
        sum(item.is_open for item in found.values()) + len(observed.duplicates),
    )


def sort_operations(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """Return *operations* in the order in which they are performed."""
    return tuple(sorted(operations, key=_sort_key))


def _create(item: Item, kind: Kind) -> CreateEpic | CreateChild:
    if item.is_epic:
        return CreateEpic(item, "in the engagement file, not in GitLab")
    if kind.is_occurrence:
        return CreateChild(item, "within the horizon", is_occurrence=True)
    return CreateChild(item, "in the engagement file, not in GitLab")


def _target(operation: Operation) -> tuple[str, str]:
    if isinstance(operation, CreateLabel):
        return (operation.namespace, operation.spec.title)
    return (operation.item.namespace, str(operation.item.iid or operation.item.key))


def _sort_key(operation: Operation) -> tuple[int, date, str, int]:
    """Labels, then the epic, then children by due date and key; on one item in the order of the verbs."""
    verb = _OPERATION_TYPES.index(type(operation))
    if isinstance(operation, CreateLabel):
        return (0, date.min, "", verb)
    return (1 if operation.item.is_epic else 2, operation.item.due_on or date.max, operation.item.key, verb)

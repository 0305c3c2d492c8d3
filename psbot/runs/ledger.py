"""What one run has tried on an engagement and what came of it: a receipt an operation, and what is next."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from psbot.apply.receipt import Outcome, Receipt
from psbot.core.model.item import Snapshot
from psbot.core.model.operations import (
    CreateChild,
    CreateEpic,
    CreateLabel,
    Operation,
    PostNotice,
    Redescribe,
)
from psbot.core.model.process import Process
from psbot.core.plan import sequence
from psbot.core.plan.checksum import is_reviewed
from psbot.core.plan.plan import Plan

OperationKey = tuple[str, str, str, int | None]


def operation_key(operation: Operation) -> OperationKey:
    """Return what identifies an operation from one plan to the next."""
    if isinstance(operation, CreateLabel):
        return (operation.op, operation.namespace, operation.spec.title, None)
    what = operation.op
    if isinstance(operation, PostNotice):
        what = f"{operation.op} {operation.identity} {operation.note_gid or ''}"
    elif isinstance(operation, Redescribe) and operation.parent is not None:
        what = f"{operation.op} parent"
    return (what, operation.item.namespace, operation.item.key, operation.item.iid)


@dataclass(slots=True)
class Ledger:
    """The receipts of one engagement; where ``reviewed`` is given, nothing else that people review is done.

    ``unclear_answers`` counts unclear answers by operation. ``maybe_created`` are the keys of items of which GitLab
    did not confirm at once that it created them.
    """

    reviewed: frozenset[OperationKey] | None = None
    receipts: dict[OperationKey, Receipt] = field(default_factory=dict)
    unclear_answers: Counter[OperationKey] = field(default_factory=Counter)
    maybe_created: set[str] = field(default_factory=set)

    def record(self, receipts: Iterable[Receipt]) -> None:
        """Add *receipts*; each replaces an earlier one of the same operation."""
        for receipt in receipts:
            operation = receipt.operation
            self.receipts[operation_key(operation)] = receipt
            # All other operations need labels and the epic, so these two are never put last.
            if receipt.outcome is Outcome.UNCLEAR and not isinstance(operation, CreateLabel | CreateEpic):
                self.unclear_answers[operation_key(operation)] += 1
            if receipt.outcome is not Outcome.DONE and isinstance(operation, CreateEpic | CreateChild):
                self.maybe_created.add(operation.item.key)

    def record_carried_out(self, pending: Iterable[OperationKey], plan: Plan, snapshot: Snapshot) -> None:
        """Give a receipt to *pending* operations that a new *plan* no longer has: GitLab did carry them out."""
        still_planned = {operation_key(each) for each in plan.operations}
        by_key = snapshot.by_key()
        for key in set(pending) - still_planned:
            operation = self.receipts[key].operation
            found = None if isinstance(operation, CreateLabel) else by_key.get(operation.item.key)
            done = Receipt(operation, Outcome.DONE)
            self.receipts[key] = replace(done, iid=found.iid, url=found.url, gid=found.gid) if found else done

    def settle_refused(self, keys: Iterable[OperationKey]) -> None:
        """Take the refusals of *keys* that are still there as final."""
        for key in keys:
            self.receipts[key] = replace(self.receipts[key], may_be_done=False)

    def next_operations(self, plan: Plan, process: Process) -> tuple[Operation, ...]:
        """Return what to do next; operations with an unclear answer come after all others.

        An item on which GitLab fails every time does not keep the others from being created; only the end of the
        engagement waits for it.
        """
        untried = self._untried(plan)
        final = sequence.final_operations(untried, process)
        untried = tuple(each for each in untried if each not in final) or untried
        fewest = min((self.unclear_answers[operation_key(each)] for each in untried), default=0)
        todo = [each for each in untried if self.unclear_answers[operation_key(each)] == fewest]
        return sequence.next_operations(todo, process)

    def _untried(self, plan: Plan) -> tuple[Operation, ...]:
        """Return the operations that may be done: neither refused in this run already, nor created."""
        tried = self.refused() | self.created()
        return tuple(
            each
            for each in plan.operations
            if operation_key(each) not in tried
            and (self.reviewed is None or operation_key(each) in self.reviewed or not is_reviewed(each))
        )

    def has_unclear(self, operations: Iterable[Operation]) -> bool:
        """Tell whether any of *operations* has had an unclear answer in this run."""
        return any(self.unclear_answers[operation_key(each)] for each in operations)

    def refused(self) -> set[OperationKey]:
        """Return the operations that GitLab refused."""
        return {key for key, receipt in self.receipts.items() if receipt.outcome is Outcome.REFUSED}

    def possibly_done(self) -> set[OperationKey]:
        """Return the refused operations that GitLab may have carried out all the same."""
        return {key for key, receipt in self.receipts.items() if receipt.may_be_done}

    def created(self) -> set[OperationKey]:
        """Return the creations that are done: whatever a list shows, this run creates nothing a second time."""
        return {
            key
            for key, receipt in self.receipts.items()
            if receipt.outcome is Outcome.DONE and isinstance(receipt.operation, CreateEpic | CreateChild)
        }

    def created_gids(self) -> set[str]:
        """Return the global ids of the items that this run has created."""
        return {str(self.receipts[key].gid) for key in self.created()}

    def has_created_epic(self) -> bool:
        """Tell whether this run has created the epic."""
        return any(key[0] == CreateEpic.op for key in self.created())

    def created_labels(self) -> dict[str, str]:
        """Return the global ids of the labels that this run has created, by title."""
        return {
            receipt.operation.spec.title: receipt.gid
            for receipt in self.receipts.values()
            if isinstance(receipt.operation, CreateLabel) and receipt.gid
        }

    def unfinished(self) -> list[OperationKey]:
        """Return the operations that are not done, or not known to be."""
        return [key for key, receipt in self.receipts.items() if receipt.outcome is not Outcome.DONE]

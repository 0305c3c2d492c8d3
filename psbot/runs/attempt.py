"""Attempt."""

from collections import Counter
from dataclasses import replace

from psbot.apply import apply, dedupe, recheck
from psbot.apply.item_update import IdLookup
from psbot.apply.receipt import ApplyResult, Outcome, Receipt
from psbot.core.model.engagement import Engagement
from psbot.core.model.item import Snapshot
from psbot.core.model.operations import (
    CreateChild,
    CreateEpic,
    CreateLabel,
    Operation,
    PostNotice,
    Redescribe,
)
from psbot.core.plan import sequence
from psbot.core.plan.checksum import is_reviewed
from psbot.core.plan.plan import Plan
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.ports import LimitReached, RateLimited
from psbot.observe.observation import Observation
from psbot.runs.plans import Planned
from psbot.runs.work import Reconciled, RunContext, plan_engagement

MAX_ROUNDS = 3  # unclear answers, or items that move, that one run lives with
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 16.0


OperationKey = tuple[str, str, str, int | None]


def operation_key(operation: Operation) -> OperationKey:
    """Return what tells operations apart from one plan to the next."""
    if isinstance(operation, CreateLabel):
        return (operation.op, operation.namespace, operation.spec.title, None)
    what = operation.op
    if isinstance(operation, PostNotice):
        what = f"{operation.op} {operation.identity} {operation.note_gid or ''}"
    elif isinstance(operation, Redescribe) and operation.parent is not None:
        what = f"{operation.op} parent"
    return (what, operation.item.namespace, operation.item.key, operation.item.iid)


class Attempt:
    """The rounds of one engagement: what has been tried, and what came of it."""

    def __init__(self, engagement: Engagement, context: RunContext, first: Plan, only_reviewed: bool) -> None:
        self.engagement = engagement
        self.context = context
        self.first = first
        self.reviewed = {operation_key(each) for each in first.operations} if only_reviewed else None
        self.receipts: dict[OperationKey, Receipt] = {}
        self.maybe_created: set[str] = set()
        self.retry_last: Counter[OperationKey] = Counter()
        self.epic: str | None = None
        self.labels: dict[str, str] = {}

    def result(self, error: PsbotError | None = None) -> Reconciled:
        """Return what has been done so far, with *error* if it ended in one."""
        return Reconciled(self.first, tuple(self.receipts.values()), error)

    def resume(self, applied: ApplyResult) -> None:
        """Take *applied* for a round that met trouble, and go on from there."""
        self._note(applied)
        if self.context.tools.should_stop():
            raise self._stopped()
        self.run_rounds(*self._look_again(applied))

    def run_rounds(self, drawn: Plan, looked: Observation) -> None:
        """Apply and, as long as something was unclear or has moved, look and plan again."""
        troubles = 0
        while todo := self._next(drawn):
            if self._list_was_short(todo, looked):
                troubles += 1
                if troubles > MAX_ROUNDS:
                    raise self._unclear()
                drawn, looked = self._look_again(ApplyResult(()))
                continue
            self.context.member_check.check(drawn, self.context.tools.reader)
            applied = self._apply(replace(drawn, operations=todo), looked)
            outcomes = {receipt.outcome for receipt in applied.receipts}
            if Outcome.PENDING in outcomes and self.context.tools.should_stop():
                raise self._stopped()
            if applied.error is None and Outcome.CHANGED_MEANWHILE not in outcomes:
                drawn, looked = self._continue(drawn, todo, looked)
                continue
            if not isinstance(applied.error, RateLimited):
                troubles += 1
            if troubles > MAX_ROUNDS:
                raise self._unclear()
            drawn, looked = self._look_again(applied)
            self._check_epic(looked.snapshot)

    def _continue(self, drawn: Plan, done: tuple[Operation, ...], looked: Observation) -> Planned:
        """Return what is left of *drawn*; what others have asked for has a place only now, and other items name it."""
        if any(isinstance(each, CreateChild) and each.linked for each in done):
            return self._look_again(ApplyResult(()))
        return replace(drawn, operations=tuple(each for each in drawn.operations if each not in done)), looked

    def _list_was_short(self, todo: tuple[Operation, ...], looked: Observation) -> bool:
        """Tell whether the first lists have left out items or notices, when something is to be made or posted."""
        reader, engagement = self.context.tools.reader, self.engagement
        if any(isinstance(each, CreateChild) for each in todo):
            return recheck.has_new_children(reader, engagement, looked)
        return recheck.has_new_notices(reader, engagement, looked, self.context.process, todo)

    def _check_epic(self, snapshot: Snapshot) -> None:
        """Raise GitLabError where lists do not show the epic that this run has made."""
        if snapshot.epic is None and any(key[0] == CreateEpic.op for key in self._made()):
            raise GitLabError(
                f"{self.engagement.key}: GitLab does not list the epic that was just made",
                "the token may not see epics (fine-grained tokens do not yet): find out before running again",
            )

    def _sees_twins(self, made: set[str]) -> bool:
        has_made_epic = any(key[0] == CreateEpic.op for key in self._made())
        epic = None if has_made_epic else self.epic
        return dedupe.has_duplicates(
            self.context.tools.reader, self.engagement, self.context.process, epic, made
        )

    def _refused(self) -> set[OperationKey]:
        return {key for key, receipt in self.receipts.items() if receipt.outcome is Outcome.REFUSED}

    def _made(self) -> set[OperationKey]:
        """Return the creations that are done: whatever a list shows, this run makes nothing a second time."""
        return {
            key
            for key, receipt in self.receipts.items()
            if receipt.outcome is Outcome.DONE and isinstance(receipt.operation, CreateEpic | CreateChild)
        }

    def _made_labels(self) -> dict[str, str]:
        """Return the ids of the labels that this run has made, which were not there when it looked."""
        return {
            receipt.operation.spec.title: receipt.gid
            for receipt in self.receipts.values()
            if isinstance(receipt.operation, CreateLabel) and receipt.gid
        }

    def close_duplicates(self) -> None:
        """List again after creations; what this run, or a machine's run beside it, made twice is closed.

        Two runs see each other late: an item with the lower id may be there last, when the other run has ended.
        """
        made = {str(self.receipts[key].gid) for key in self._made()}
        if self.context.tools.should_stop() or not made or not self._sees_twins(made):
            return
        for _ in range(MAX_ROUNDS):
            looked = self.context.observe_one(
                self.context.tools.reader, self.engagement, self.context.process
            )
            drawn, looked = plan_engagement(
                self.engagement, self.context, dedupe.claim_own(looked, made, self.maybe_created)
            )
            refused = self._refused()
            todo = [
                each
                for each in drawn.operations
                if dedupe.resolves_duplicate(each, made) and operation_key(each) not in refused
            ]
            if not todo:
                return
            applied = self._apply(replace(drawn, operations=tuple(todo)), looked)
            if self.context.tools.should_stop():
                raise self._stopped()
            if applied.error is not None:
                self._look_again(applied)
        raise LimitReached(
            f"{self.engagement.key}: items that were made twice at the same time could not be closed",
            "run again; psbot closes them then",
        )

    def _next(self, drawn: Plan) -> tuple[Operation, ...]:
        """Return what is to be done next: what has had an unclear answer comes after all the rest.

        So an item on which GitLab breaks every time does not keep the others from being made; only the end of the
        engagement waits for it.
        """
        untried = self._untried(drawn)
        last = sequence.final_operations(untried, self.context.process)
        untried = tuple(each for each in untried if each not in last) or untried
        fewest = min((self.retry_last[operation_key(each)] for each in untried), default=0)
        todo = [each for each in untried if self.retry_last[operation_key(each)] == fewest]
        return sequence.next_operations(todo, self.context.process)

    def _untried(self, drawn: Plan) -> tuple[Operation, ...]:
        """Return the operations that may be done: neither refused in this run already, nor made."""
        tried = self._refused() | self._made()
        return tuple(
            each
            for each in drawn.operations
            if operation_key(each) not in tried
            and (self.reviewed is None or operation_key(each) in self.reviewed or not is_reviewed(each))
        )

    def _apply(self, drawn: Plan, looked: Observation) -> ApplyResult:
        epic = looked.snapshot.epic
        ids = IdLookup(
            labels={**looked.global_ids.labels, **self.labels},
            item_types=looked.global_ids.item_types,
            accounts=self.context.member_check.account_gids,
            epic=epic.gid if epic else None,
        )
        tools = self.context.tools
        if any(self.retry_last[operation_key(each)] for each in drawn.operations):
            tools = replace(tools, limits=replace(tools.limits, batch=1))
        applied = apply.apply(drawn, self.engagement.gitlab.group, ids, tools)
        self.epic = ids.epic
        self._note(applied)
        return applied

    def _note(self, applied: ApplyResult) -> None:
        self.receipts |= {operation_key(receipt.operation): receipt for receipt in applied.receipts}
        self.labels = self._made_labels()
        self.retry_last.update(
            operation_key(receipt.operation)
            for receipt in applied.receipts
            if receipt.outcome is Outcome.UNCLEAR
            and not isinstance(receipt.operation, CreateLabel | CreateEpic)  # all the rest needs these
        )
        self.maybe_created |= {
            receipt.operation.item.key
            for receipt in applied.receipts
            if receipt.outcome is not Outcome.DONE and isinstance(receipt.operation, CreateEpic | CreateChild)
        }

    def _look_again(self, applied: ApplyResult) -> tuple[Plan, Observation]:
        """Observe until all that was asked for is there, or GitLab cannot be at it any more."""
        if isinstance(applied.error, RateLimited):
            self._pause(applied.error)
        pending = {
            operation_key(receipt.operation)
            for receipt in applied.receipts
            if receipt.outcome in (Outcome.UNCLEAR, Outcome.PENDING)
        }
        asked = {
            operation_key(receipt.operation)
            for receipt in applied.receipts
            if receipt.outcome is Outcome.UNCLEAR
        }
        drawn, looked = self._settle(asked | self._made(), applied.sent_at)
        self._note_done(pending, drawn, looked.snapshot)
        return drawn, looked

    def _settle(self, asked: set[OperationKey], sent_at: float) -> tuple[Plan, Observation]:
        final_at = sent_at + self.context.tools.limits.settle_seconds
        pause = _FIRST_PAUSE
        while True:
            drawn, looked = self._try_to_look(final_at)
            if drawn is not None and looked is not None:
                missing = asked & {operation_key(each) for each in drawn.operations}
                if not missing or self.context.tools.clock() >= final_at:
                    return drawn, looked
                self.context.echo(
                    f"{self.engagement.key}: GitLab does not show yet whether it carried out {len(missing)} "
                    "operations; looking again"
                )
            if self.context.tools.should_stop():
                raise self._stopped()
            self.context.wait_budget.sleep(min(pause, max(0.1, final_at - self.context.tools.clock())))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _try_to_look(self, final_at: float) -> tuple[Plan | None, Observation | None]:
        """Observe and plan; a read that fails while GitLab settles is tried again, later it counts."""
        began_at = self.context.tools.clock()
        try:
            return plan_engagement(
                self.engagement,
                self.context,
                self.context.observe_one(self.context.tools.reader, self.engagement, self.context.process),
            )
        except GitLabError:
            if began_at >= final_at:
                raise
            return None, None

    def _note_done(self, pending: set[OperationKey], drawn: Plan, snapshot: Snapshot) -> None:
        """Give a receipt to what turned out to be done after all."""
        still = {operation_key(each) for each in drawn.operations}
        by_key = snapshot.by_key()
        for key in pending - still:
            operation = self.receipts[key].operation
            found = None if isinstance(operation, CreateLabel) else by_key.get(operation.item.key)
            done = Receipt(operation, Outcome.DONE)
            self.receipts[key] = replace(done, iid=found.iid, url=found.url, gid=found.gid) if found else done

    def _pause(self, error: RateLimited) -> None:
        if not self.context.wait_budget.try_pause(max(1.0, error.seconds), error.message):
            raise LimitReached(
                f"{self.engagement.key}: GitLab asks for a pause of {error.seconds:.0f} s, more than this run may "
                f"wait; {self._left()} operations are left",
                "run again later; psbot goes on where it stopped",
            )

    def _unclear(self) -> LimitReached:
        names = sorted({key[2] for key, each in self.receipts.items() if each.outcome is not Outcome.DONE})
        shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")  # noqa: PLR2004
        return LimitReached(
            f"{self.engagement.key}: GitLab's answers stay unclear, or people keep changing the same items: {shown}",
            "run again later; psbot goes on where it stopped",
        )

    def _stopped(self) -> LimitReached:
        return LimitReached(
            f"{self.engagement.key}: stopped as asked; {self._left()} operations are left",
            "run again; psbot goes on where it stopped",
        )

    def _left(self) -> int:
        return sum(receipt.outcome is not Outcome.DONE for receipt in self.receipts.values())

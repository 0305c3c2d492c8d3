"""Attempt."""

from collections import Counter
from dataclasses import replace

from psbot.apply import apply as performing
from psbot.apply import dedupe as twins
from psbot.apply import recheck as secondlook
from psbot.apply.item_update import Ids
from psbot.apply.receipt import Applied, Outcome, Receipt
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
from psbot.core.plan import sequence as turns
from psbot.core.plan.checksum import is_reviewed
from psbot.core.plan.plan import Plan
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.ports import LimitReached, RateLimited
from psbot.observe.observation import Observation
from psbot.runs.plans import Drawn
from psbot.runs.work import Reconciled, Work, _plan

ROUNDS = 3  # unclear answers, or items that move, that one run lives with
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 16.0


Identity = tuple[str, str, str, int | None]


def identity_of(operation: Operation) -> Identity:
    """Return what tells operations apart from one plan to the next."""
    if isinstance(operation, CreateLabel):
        return (operation.op, operation.namespace, operation.spec.title, None)
    what = operation.op
    if isinstance(operation, PostNotice):
        what = f"{operation.op} {operation.notice} {operation.note or ''}"
    elif isinstance(operation, Redescribe) and operation.parent is not None:
        what = f"{operation.op} parent"
    return (what, operation.item.namespace, operation.item.key, operation.item.iid)


class _Progress:
    """The rounds of one engagement: what has been tried, and what came of it."""

    def __init__(self, engagement: Engagement, work: Work, first: Plan, is_bound: bool) -> None:
        self.engagement = engagement
        self.work = work
        self.first = first
        self.reviewed = {identity_of(each) for each in first.operations} if is_bound else None
        self.receipts: dict[Identity, Receipt] = {}
        self.doubtful: set[str] = set()
        self.suspects: Counter[Identity] = Counter()
        self.epic: str | None = None
        self.labels: dict[str, str] = {}

    def result(self, error: PsbotError | None = None) -> Reconciled:
        return Reconciled(self.first, tuple(self.receipts.values()), error)

    def go_on(self, applied: Applied) -> None:
        """Take *applied* for a round that met trouble, and go on from there."""
        self._note(applied)
        if self.work.tools.stop():
            raise self._stopped()
        self.rounds(*self._look_again(applied))

    def rounds(self, drawn: Plan, looked: Observation) -> None:
        """Apply and, as long as something was unclear or has moved, look and plan again."""
        troubles = 0
        while todo := self._next(drawn):
            if self._overlooked(todo, looked):
                troubles += 1
                if troubles > ROUNDS:
                    raise self._unclear()
                drawn, looked = self._look_again(Applied(()))
                continue
            self.work.acquainted.check(drawn, self.work.tools.reader)
            applied = self._apply(replace(drawn, operations=todo), looked)
            outcomes = {receipt.outcome for receipt in applied.receipts}
            if Outcome.LEFT in outcomes and self.work.tools.stop():
                raise self._stopped()
            if applied.error is None and Outcome.MOVED not in outcomes:
                drawn, looked = self._go_on(drawn, todo, looked)
                continue
            if not isinstance(applied.error, RateLimited):
                troubles += 1
            if troubles > ROUNDS:
                raise self._unclear()
            drawn, looked = self._look_again(applied)
            self._check_epic(looked.snapshot)

    def _go_on(self, drawn: Plan, done: tuple[Operation, ...], looked: Observation) -> Drawn:
        """Return what is left of *drawn*; what others have asked for has a place only now, and other items name it."""
        if any(isinstance(each, CreateChild) and each.linked for each in done):
            return self._look_again(Applied(()))
        return replace(drawn, operations=tuple(each for each in drawn.operations if each not in done)), looked

    def _overlooked(self, todo: tuple[Operation, ...], looked: Observation) -> bool:
        """Tell whether the first lists have left out items or notices, when something is to be made or posted."""
        reader, engagement = self.work.tools.reader, self.engagement
        if any(isinstance(each, CreateChild) for each in todo):
            return secondlook.shows_more(reader, engagement, looked)
        return secondlook.tells_more(reader, engagement, looked, self.work.process, todo)

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
        return twins.is_doubled(self.work.tools.reader, self.engagement, self.work.process, epic, made)

    def _refused(self) -> set[Identity]:
        return {key for key, receipt in self.receipts.items() if receipt.outcome is Outcome.REFUSED}

    def _made(self) -> set[Identity]:
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
        if self.work.tools.stop() or not made or not self._sees_twins(made):
            return
        for _ in range(ROUNDS):
            looked = self.work.look(self.work.tools.reader, self.engagement, self.work.process)
            drawn, looked = _plan(self.engagement, self.work, twins.as_own(looked, made, self.doubtful))
            refused = self._refused()
            todo = [
                each
                for each in drawn.operations
                if twins.ends_doubling(each, made) and identity_of(each) not in refused
            ]
            if not todo:
                return
            applied = self._apply(replace(drawn, operations=tuple(todo)), looked)
            if self.work.tools.stop():
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
        last = turns.ending(untried, self.work.process)
        untried = tuple(each for each in untried if each not in last) or untried
        fewest = min((self.suspects[identity_of(each)] for each in untried), default=0)
        todo = [each for each in untried if self.suspects[identity_of(each)] == fewest]
        return turns.first(todo, self.work.process)

    def _untried(self, drawn: Plan) -> tuple[Operation, ...]:
        """Return the operations that may be done: neither refused in this run already, nor made."""
        tried = self._refused() | self._made()
        return tuple(
            each
            for each in drawn.operations
            if identity_of(each) not in tried
            and (self.reviewed is None or identity_of(each) in self.reviewed or not is_reviewed(each))
        )

    def _apply(self, drawn: Plan, looked: Observation) -> Applied:
        epic = looked.snapshot.epic
        ids = Ids(
            labels={**looked.handles.labels, **self.labels},
            types=looked.handles.types,
            people=self.work.acquainted.ids,
            epic=epic.gid if epic else None,
        )
        tools = self.work.tools
        if any(self.suspects[identity_of(each)] for each in drawn.operations):
            tools = replace(tools, limits=replace(tools.limits, batch=1))
        applied = performing.apply(drawn, self.engagement.gitlab.group, ids, tools)
        self.epic = ids.epic
        self._note(applied)
        return applied

    def _note(self, applied: Applied) -> None:
        self.receipts |= {identity_of(receipt.operation): receipt for receipt in applied.receipts}
        self.labels = self._made_labels()
        self.suspects.update(
            identity_of(receipt.operation)
            for receipt in applied.receipts
            if receipt.outcome is Outcome.UNCLEAR
            and not isinstance(receipt.operation, CreateLabel | CreateEpic)  # all the rest needs these
        )
        self.doubtful |= {
            receipt.operation.item.key
            for receipt in applied.receipts
            if receipt.outcome is not Outcome.DONE and isinstance(receipt.operation, CreateEpic | CreateChild)
        }

    def _look_again(self, applied: Applied) -> tuple[Plan, Observation]:
        """Observe until all that was asked for is there, or GitLab cannot be at it any more."""
        if isinstance(applied.error, RateLimited):
            self._pause(applied.error)
        pending = {
            identity_of(receipt.operation)
            for receipt in applied.receipts
            if receipt.outcome in (Outcome.UNCLEAR, Outcome.LEFT)
        }
        asked = {
            identity_of(receipt.operation)
            for receipt in applied.receipts
            if receipt.outcome is Outcome.UNCLEAR
        }
        drawn, looked = self._settle(asked | self._made(), applied.sent_at)
        self._note_done(pending, drawn, looked.snapshot)
        return drawn, looked

    def _settle(self, asked: set[Identity], sent_at: float) -> tuple[Plan, Observation]:
        final_at = sent_at + self.work.tools.limits.settle_seconds
        pause = _FIRST_PAUSE
        while True:
            drawn, looked = self._try_to_look(final_at)
            if drawn is not None and looked is not None:
                missing = asked & {identity_of(each) for each in drawn.operations}
                if not missing or self.work.tools.clock() >= final_at:
                    return drawn, looked
                self.work.say(
                    f"{self.engagement.key}: GitLab does not show yet whether it carried out {len(missing)} "
                    "operations; looking again"
                )
            if self.work.tools.stop():
                raise self._stopped()
            self.work.patience.wait(min(pause, max(0.1, final_at - self.work.tools.clock())))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _try_to_look(self, final_at: float) -> tuple[Plan | None, Observation | None]:
        """Observe and plan; a read that fails while GitLab settles is tried again, later it counts."""
        began_at = self.work.tools.clock()
        try:
            return _plan(
                self.engagement,
                self.work,
                self.work.look(self.work.tools.reader, self.engagement, self.work.process),
            )
        except GitLabError:
            if began_at >= final_at:
                raise
            return None, None

    def _note_done(self, pending: set[Identity], drawn: Plan, snapshot: Snapshot) -> None:
        """Give a receipt to what turned out to be done after all."""
        still = {identity_of(each) for each in drawn.operations}
        by_key = snapshot.by_key()
        for key in pending - still:
            operation = self.receipts[key].operation
            found = None if isinstance(operation, CreateLabel) else by_key.get(operation.item.key)
            done = Receipt(operation, Outcome.DONE)
            self.receipts[key] = replace(done, iid=found.iid, url=found.url, gid=found.gid) if found else done

    def _pause(self, error: RateLimited) -> None:
        if not self.work.patience.pause(max(1.0, error.seconds), error.message):
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

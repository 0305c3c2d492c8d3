"""The rounds of one engagement: apply what is next, look again after trouble, close duplicates."""

from dataclasses import replace

from psbot.apply.apply import apply
from psbot.apply.dedupe import claim_own, has_duplicates, resolves_duplicate
from psbot.apply.item_update import IdLookup
from psbot.apply.receipt import ApplyResult, Outcome
from psbot.apply.recheck import has_new_children, has_new_notices
from psbot.core.model.engagement import Engagement
from psbot.core.model.item import Snapshot
from psbot.core.model.operations import CreateChild, Operation
from psbot.core.plan.plan import Plan
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.ports import LimitReached, RateLimited
from psbot.observe.observation import Observation
from psbot.runs.ledger import Ledger, OperationKey, operation_key
from psbot.runs.plans import Planned
from psbot.runs.settle import settle, stopped, wait_for_rate_limit
from psbot.runs.work import Reconciled, RunContext

MAX_ROUNDS = 3  # unclear answers, or items that change meanwhile, that one run puts up with
_MAX_NAMED = 5  # items that an error names


class Attempt:
    """One engagement while it is written: what is planned, and the ledger of what has been tried."""

    def __init__(
        self, engagement: Engagement, context: RunContext, first: Plan, *, only_reviewed: bool
    ) -> None:
        self.engagement = engagement
        self.context = context
        self.first = first
        reviewed = frozenset(operation_key(each) for each in first.operations) if only_reviewed else None
        self.ledger = Ledger(reviewed)
        self.epic: str | None = None

    def result(self, error: PsbotError | None = None) -> Reconciled:
        """Return how the engagement ended."""
        return Reconciled(self.first, tuple(self.ledger.receipts.values()), error)

    def resume(self, applied: ApplyResult) -> None:
        """Take *applied* for a round that met trouble, and continue from there."""
        self.ledger.record(applied.receipts)
        if self.context.tools.should_stop():
            raise self._stopped()
        self.run_rounds(*self._look_again(applied))

    def run_rounds(self, plan: Plan, observation: Observation) -> None:
        """Apply the plan; after an unclear answer, or when an item has changed meanwhile, observe and plan again."""
        troubles = 0
        while todo := self.ledger.next_operations(plan, self.context.process):
            if self._list_was_short(todo, observation):
                troubles += 1
                if troubles > MAX_ROUNDS:
                    raise self._still_unclear()
                plan, observation = self._look_again(ApplyResult(()))
                continue
            self.context.member_check.check(plan, self.context.tools.reader)
            applied = self._apply(replace(plan, operations=todo), observation)
            outcomes = {receipt.outcome for receipt in applied.receipts}
            if Outcome.PENDING in outcomes and self.context.tools.should_stop():
                raise self._stopped()
            if applied.error is None and Outcome.CHANGED_MEANWHILE not in outcomes:
                plan, observation = self._continue(plan, todo, observation)
                continue
            if not isinstance(applied.error, RateLimited):
                troubles += 1
            if troubles > MAX_ROUNDS:
                raise self._still_unclear()
            plan, observation = self._look_again(applied)
            self._check_epic(observation.snapshot)
        self._check_refused()

    def _check_refused(self) -> None:
        """Look which of the operations that GitLab refused in part are done: their receipts say so then."""
        keys = self.ledger.possibly_done()
        if not keys or self.context.tools.should_stop():
            return
        plan, observation = self.context.plan(self.engagement, self.context.observe(self.engagement))
        self.ledger.record_carried_out(keys, plan, observation.snapshot)
        self.ledger.settle_refused(keys)

    def _continue(self, plan: Plan, done: tuple[Operation, ...], observation: Observation) -> Planned:
        """Return what is left of *plan*; a new plan where items were created that other items refer to."""
        if any(isinstance(each, CreateChild) and each.linked for each in done):
            return self._look_again(ApplyResult(()))
        left = tuple(each for each in plan.operations if each not in done)
        return replace(plan, operations=left), observation

    def _list_was_short(self, todo: tuple[Operation, ...], observation: Observation) -> bool:
        """Tell whether the first lists have left out items or notices, before something is created or posted."""
        reader, engagement = self.context.tools.reader, self.engagement
        if any(isinstance(each, CreateChild) for each in todo):
            return has_new_children(reader, engagement, observation)
        return has_new_notices(reader, engagement, observation, self.context.process, todo)

    def _check_epic(self, snapshot: Snapshot) -> None:
        """Raise GitLabError where lists do not show the epic that this run has created."""
        if snapshot.epic is None and self.ledger.has_created_epic():
            raise GitLabError(
                f"{self.engagement.key}: GitLab does not list the epic that psbot has just created",
                "check that the token can read epics before you run psbot again; fine-grained tokens cannot yet",
            )

    def close_duplicates(self) -> None:
        """List again after creations; close what this run and a concurrent run of a machine have both created.

        Two runs see each other late: an item with the lower id may be there last, when the other run has ended.
        """
        created = self.ledger.created_gids()
        if self.context.tools.should_stop() or not created or not self._sees_duplicates(created):
            return
        for _ in range(MAX_ROUNDS):
            todo, plan, observation = self._plan_duplicates(created)
            if not todo:
                return
            applied = self._apply(replace(plan, operations=todo), observation)
            if self.context.tools.should_stop():
                raise self._stopped()
            if applied.error is not None:
                self._look_again(applied)
        raise LimitReached(
            f"{self.engagement.key}: psbot could not close duplicates that a concurrent run has created",
            "run again; psbot closes them then",
        )

    def _sees_duplicates(self, created: set[str]) -> bool:
        epic = None if self.ledger.has_created_epic() else self.epic
        context = self.context
        return has_duplicates(context.tools.reader, self.engagement, context.process, epic, created)

    def _plan_duplicates(self, created: set[str]) -> tuple[tuple[Operation, ...], Plan, Observation]:
        """Return the operations that put an end to duplicates, with the plan that they are from."""
        observed = self.context.observe(self.engagement)
        own = claim_own(observed, created, self.ledger.maybe_created)
        plan, observation = self.context.plan(self.engagement, own)
        refused = self.ledger.refused()
        todo = tuple(
            each
            for each in plan.operations
            if resolves_duplicate(each, created) and operation_key(each) not in refused
        )
        return todo, plan, observation

    def _apply(self, plan: Plan, observation: Observation) -> ApplyResult:
        epic = observation.snapshot.epic
        ids = IdLookup(
            labels={**observation.global_ids.labels, **self.ledger.created_labels()},
            item_types=observation.global_ids.item_types,
            accounts=self.context.member_check.account_gids,
            epic=epic.gid if epic else None,
        )
        tools = self.context.tools
        if self.ledger.has_unclear(plan.operations):
            tools = replace(tools, limits=replace(tools.limits, batch=1))
        applied = apply(plan, self.engagement.gitlab.group, ids, tools)
        self.epic = ids.epic
        self.ledger.record(applied.receipts)
        return applied

    def _look_again(self, applied: ApplyResult) -> Planned:
        """Observe until all that was sent is there, or GitLab cannot be at work on it any more."""
        if isinstance(applied.error, RateLimited):
            wait_for_rate_limit(self.engagement, self.context, applied.error, self._remaining())
        pending = _keys(applied, Outcome.UNCLEAR, Outcome.PENDING)
        expected = _keys(applied, Outcome.UNCLEAR) | self.ledger.created()
        plan, observation = settle(
            self.engagement, self.context, expected, applied.sent_at, self._remaining()
        )
        self.ledger.record_carried_out(pending, plan, observation.snapshot)
        return plan, observation

    def _still_unclear(self) -> LimitReached:
        names = sorted({key[2] for key in self.ledger.unfinished()})
        shown = ", ".join(names[:_MAX_NAMED]) + (" …" if len(names) > _MAX_NAMED else "")
        return LimitReached(
            f"{self.engagement.key}: the result of some writes is still unknown, or items keep changing: {shown}",
            "run again later; psbot resumes where it stopped",
        )

    def _stopped(self) -> LimitReached:
        return stopped(self.engagement, self._remaining())

    def _remaining(self) -> int:
        return len(self.ledger.unfinished())


def _keys(applied: ApplyResult, *outcomes: Outcome) -> set[OperationKey]:
    return {operation_key(each.operation) for each in applied.receipts if each.outcome in outcomes}

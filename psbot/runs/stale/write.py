"""What has gone quiet is answered: flags and digests, what has waited longest first, within the ceilings of a run.

Engagements that share a group share requests, so what is written goes out in full batches. What does not get through
at once is brought to an end one engagement after the other, as by every other command.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from psbot.apply import apply
from psbot.apply.item_update import IdLookup
from psbot.apply.preflight import check_label_permission
from psbot.apply.receipt import ApplyResult, Outcome, Receipt
from psbot.core.desired.build import Renderer
from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import CreateLabel, Operation, PostNotice
from psbot.core.model.process import Process
from psbot.core.model.staleness_policy import RunLimits
from psbot.core.model.work_item import WorkItem, refreshed
from psbot.core.plan.plan import Plan
from psbot.core.staleness.response import StaleResponse
from psbot.errors import PsbotError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import LimitReached, RateLimited, Reader
from psbot.observe.histories import select_notices
from psbot.observe.observation import Observation
from psbot.observe.pages import PagedList, read_page
from psbot.runs.attempt import MAX_ROUNDS
from psbot.runs.reconcile import finish
from psbot.runs.stale.scan import LogReaders, Scanned, group_key, scan
from psbot.runs.work import Reconciled, RunContext

_OPERATIONS_PER_BATCH = 600  # operations before the next engagements' turn
_SEVERAL_ENGAGEMENTS = "several engagements"
_FINAL_OUTCOMES = (Outcome.DONE, Outcome.REFUSED, Outcome.CHANGED_MEANWHILE)


@dataclass(frozen=True, slots=True)
class StaleOutcome:
    """How one engagement ended: what was found and done, and whether a ceiling left some of it to the next run."""

    scanned: Scanned
    reconciled: Reconciled
    is_postponed: bool = False


@dataclass(frozen=True, slots=True)
class _PendingWrite:
    """One engagement, what is still to be written, and the receipts of what has been."""

    scanned: Scanned
    plan: Plan
    items_to_flag: frozenset[str]
    readers: frozenset[str] = frozenset()
    is_postponed: bool = False
    receipts: tuple[Receipt, ...] = ()

    def after(self, receipts: tuple[Receipt, ...]) -> "_PendingWrite":
        """Return the job after *receipts*: what was not sent is left of it."""
        left = tuple(each.operation for each in receipts if each.was_not_sent)
        known = tuple(each for each in receipts if not each.was_not_sent)
        return replace(self, plan=replace(self.plan, operations=left), receipts=(*self.receipts, *known))

    def outcome(self, error: PsbotError | None = None) -> StaleOutcome:
        """Return how the engagement ended; what people changed meanwhile is left to the next run."""
        is_moved = any(receipt.outcome is Outcome.CHANGED_MEANWHILE for receipt in self.receipts)
        return StaleOutcome(
            self.scanned, Reconciled(self.plan, self.receipts, error), self.is_postponed or is_moved
        )

    def observe_again(self, reader: Reader, _engagement: Engagement, _process: Process) -> Observation:
        """Return the items that this is about as they are now; all else was settled before."""
        observation = self.scanned.observation
        known = {item.gid: item for item in observation.snapshot.items if item.gid}
        listing = PagedList(ItemList.BY_ID, tuple(known))
        seen: list[WorkItem] = []
        while not listing.is_done:
            seen += read_page(reader, self.scanned.engagement.gitlab.group, [listing])[listing].items
        items = [refreshed(known[each.gid], each) for each in seen]
        snapshot = replace(
            observation.snapshot,
            epic=next((item for item in items if item.is_epic), None),
            children=tuple(item for item in items if not item.is_epic),
        )
        labels = reader.fetch_labels(self.scanned.engagement.gitlab.label_group) or {}
        handles = replace(observation.global_ids, labels=labels)
        return replace(observation, snapshot=replace(snapshot, labels=frozenset(labels)), global_ids=handles)

    def plan_again(
        self,
        reader: Reader,
        engagement: Engagement,
        observation: Observation,
        process: Process,
        _words: Renderer,
        _now: datetime,
    ) -> tuple[Plan, Observation]:
        """Return what is left of the plan: the verdicts stand, items and digests are as they are now."""
        response = self.scanned.response
        keys = {item.key for item in observation.snapshot.items}
        stand = tuple(each for each in response.measurements.results if each.item in keys)
        facts = replace(response.facts, observed=observation.snapshot)
        again = StaleResponse(facts, replace(response.measurements, results=stand))
        if again.log is not None and again.log.gid is not None:
            written = reader.fetch_comments(engagement.gitlab.group, [again.log.gid])
            notices = select_notices(written.get(again.log.gid, ()), observation.account.author, process)
            facts = replace(facts, histories=replace(facts.histories, notices=tuple(notices)))
            again = StaleResponse(facts, again.measurements)
        return again.plan(self.items_to_flag, self.readers), observation


def plan_stale_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, templates: Renderer, now: datetime
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with the plan that would be performed within the ceilings of the policies."""
    found: list[Scanned] = []
    for engagement, each in scan(reader, engagements, process, now):
        if isinstance(each, PsbotError):
            yield engagement, each
        else:
            found.append(each)
    for job in _pending_writes(found, reader, process.staleness.limits):
        yield job.scanned.engagement, job.plan


def respond(found: Sequence[Scanned], context: RunContext, run_limits: RunLimits) -> Iterator[StaleOutcome]:
    """Flag and tell, what has waited longest first, and yield how each engagement ended.

    Stops between requests when somebody says so; engagements that were not begun are not yielded then.
    """
    batch: list[_PendingWrite] = []
    for job in _pending_writes(found, context.tools.reader, run_limits):
        batch.append(job)
        if sum(len(each.plan.operations) for each in batch) >= _OPERATIONS_PER_BATCH:
            yield from _write_all(batch, context)
            batch = []
            if context.tools.should_stop():
                return
    yield from _write_all(batch, context)


def _pending_writes(
    found: Sequence[Scanned], reader: Reader, run_limits: RunLimits
) -> Iterator[_PendingWrite]:
    """Yield what is to be done, what has waited longest first; where the digests are spent, that nothing is."""
    ordered = sorted(found, key=lambda each: (each.oldest_since, each.engagement.key))
    carriers, are_left = _choose_items_to_flag(ordered, run_limits.items)
    audience = LogReaders(reader)
    audience.check(
        (each.engagement, each.response.mentioned_users(carriers[each.engagement.key])) for each in ordered
    )
    notes = run_limits.notes
    for looked in ordered:
        key = looked.engagement.key
        readers = audience.readers(looked.engagement)
        plan = looked.response.plan(carriers[key], readers)
        posts = sum(isinstance(each, PostNotice) and each.note_gid is None for each in plan.operations)
        if posts > notes:
            yield _PendingWrite(looked, replace(plan, operations=()), carriers[key], is_postponed=True)
            continue
        notes -= posts
        yield _PendingWrite(looked, plan, carriers[key], readers, is_postponed=key in are_left)


def _choose_items_to_flag(found: Sequence[Scanned], limit: int) -> tuple[dict[str, frozenset[str]], set[str]]:
    """Return by engagement the items that may be flagged anew, and the engagements of which some have to wait."""
    new: dict[tuple[str, str], date] = {}
    for looked in found:
        flagged = {item.key for item in looked.response.flagged_items}
        for each in looked.response.stale:
            if each.flagged_item.key not in flagged:
                place = (looked.engagement.key, each.flagged_item.key)
                new[place] = min(each.measurement.since, new.get(place, date.max))
    ordered = sorted(new, key=lambda place: (new[place], place))
    admitted = {looked.engagement.key: set[str]() for looked in found}
    for engagement, carrier in ordered[:limit]:
        admitted[engagement].add(carrier)
    left = {engagement for engagement, _ in ordered[limit:]}
    return {key: frozenset(items) for key, items in admitted.items()}, left


def _write_all(batch: Sequence[_PendingWrite], context: RunContext) -> Iterator[StaleOutcome]:
    """Write the plans of several engagements, those of one group together."""
    for _, jobs in groupby(
        sorted(batch, key=lambda job: group_key(job.scanned)), lambda job: group_key(job.scanned)
    ):
        yield from _write_group(list(jobs), context)


def _write_group(jobs: Sequence[_PendingWrite], context: RunContext) -> Iterator[StaleOutcome]:
    ready: list[_PendingWrite] = []
    for job in jobs:
        try:
            _check_permissions(job, context)
        except PsbotError as error:
            yield StaleOutcome(job.scanned, Reconciled(job.plan, error=error))
        else:
            ready.append(job)
    if ready:
        yield from _send_group(ready, context)


def _send_group(jobs: Sequence[_PendingWrite], context: RunContext) -> Iterator[StaleOutcome]:
    """Write the plans of *jobs* together; what the run did not come to is sent again, the rest looked at one by one."""
    ids = IdLookup(
        labels=dict(jobs[0].scanned.observation.global_ids.labels), item_types={}, accounts={}, epic=None
    )
    group = jobs[0].scanned.engagement.gitlab.group
    doubtful: list[tuple[_PendingWrite, ApplyResult]] = []
    waiting = list(jobs)
    for _ in range(MAX_ROUNDS):
        applied = apply.apply(
            Plan(_SEVERAL_ENGAGEMENTS, tuple(_merge_operations(waiting))), group, ids, context.tools
        )
        asked, waiting = waiting, []
        for job, own in _results_by_write(asked, applied):
            if all(receipt.outcome in _FINAL_OUTCOMES or receipt.was_not_sent for receipt in own.receipts):
                waiting.append(job.after(own.receipts))
            else:
                doubtful.append((job, own))
        yield from (job.outcome() for job in waiting if job.plan.is_empty)
        waiting = [job for job in waiting if not job.plan.is_empty]
        if (
            (not waiting and not doubtful)
            or context.tools.should_stop()
            or not wait_if_limited(applied, context)
        ):
            break
    for job, own in doubtful:
        yield _finish_one(job, own, context)
    for job in waiting:
        yield job.outcome(
            LimitReached(
                f"{job.scanned.engagement.key}: stopped before {len(job.plan.operations)} of its operations",
                "run again; psbot goes on where it stopped",
            )
        )


def wait_if_limited(applied: ApplyResult, context: RunContext) -> bool:
    """Wait as long as GitLab asks; tell whether the run may go on."""
    error = applied.error
    return not isinstance(error, RateLimited) or context.wait_budget.try_pause(
        max(1.0, error.seconds), error.message
    )


def _results_by_write(
    jobs: Sequence[_PendingWrite], applied: ApplyResult
) -> Iterator[tuple[_PendingWrite, ApplyResult]]:
    """Yield each job with what came of its own operations."""
    receipts = {id(receipt.operation): receipt for receipt in applied.receipts}
    for job in jobs:
        own = tuple(receipts[id(each)] for each in job.plan.operations if id(each) in receipts)
        is_unclear = any(receipt.outcome is Outcome.UNCLEAR for receipt in own)
        yield job, ApplyResult(own, sent_at=applied.sent_at if is_unclear else 0.0)


def _merge_operations(jobs: Sequence[_PendingWrite]) -> Iterator[Operation]:
    """Yield the operations of all jobs; a label that several of them want is made once."""
    labels: set[str] = set()
    for each in (each for job in jobs for each in job.plan.operations):
        if not isinstance(each, CreateLabel):
            yield each
        elif each.spec.title not in labels:
            labels.add(each.spec.title)
            yield each


def _finish_one(job: _PendingWrite, own: ApplyResult, context: RunContext) -> StaleOutcome:
    """Find out what became of operations without a clear answer, and do what is left of that engagement."""
    alone = replace(context, observe_one=job.observe_again, planner=job.plan_again)
    ended = finish(job.scanned.engagement, alone, job.plan, own)
    return StaleOutcome(
        job.scanned, replace(ended, receipts=(*job.receipts, *ended.receipts)), job.is_postponed
    )


def _check_permissions(job: _PendingWrite, context: RunContext) -> None:
    if job.plan.operations:
        looked = job.scanned.observation
        context.check_author(job.scanned.engagement, looked.account, context.process)
        check_label_permission(job.scanned.engagement, looked.account, looked.label_access_level, job.plan)

"""Write flags and digests, the oldest findings first, within the limits of a run.

Engagements of one group share requests, so that batches are full. What GitLab does not answer clearly is finished one
engagement after the other, as by every other command.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from psbot.apply.item_update import IdLookup
from psbot.apply.preflight import check_label_permission
from psbot.apply.receipt import ApplyResult, Outcome, Receipt
from psbot.apply.send_all import Sender
from psbot.core.desired.build import Renderer
from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import CreateLabel, Operation, PostNotice
from psbot.core.model.process import Process
from psbot.core.model.staleness_policy import RunLimits
from psbot.core.model.work_item import refreshed
from psbot.core.plan.plan import Plan
from psbot.core.staleness.response import StaleResponse
from psbot.errors import PsbotError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import LimitReached, Reader
from psbot.observe.histories import select_notices
from psbot.observe.observation import Observation
from psbot.observe.pages import PagedList, read_all
from psbot.runs.plans import PlanInput, Planned
from psbot.runs.reconcile import finish
from psbot.runs.settle import operations_remain
from psbot.runs.stale.scan import LogReaders, Scanned, group_key, scan
from psbot.runs.work import Reconciled, RunContext

_OPERATIONS_PER_BATCH = 600
_SEVERAL_ENGAGEMENTS = "several engagements"
_FINAL_OUTCOMES = (Outcome.DONE, Outcome.REFUSED, Outcome.CHANGED_MEANWHILE)


@dataclass(frozen=True, slots=True)
class StaleOutcome:
    """How one engagement ended: what was found and done; ``is_postponed`` where a limit left some to the next run."""

    scanned: Scanned
    reconciled: Reconciled
    is_postponed: bool = False


@dataclass(frozen=True, slots=True)
class _PendingWrite:
    """One engagement: the plan that is left to write, and the receipts of what has been written."""

    scanned: Scanned
    plan: Plan
    items_to_flag: frozenset[str]
    readers: frozenset[str] = frozenset()
    is_postponed: bool = False
    receipts: tuple[Receipt, ...] = ()

    def after(self, receipts: tuple[Receipt, ...]) -> "_PendingWrite":
        """Return what is left after *receipts*: the operations that were not sent."""
        left = tuple(each.operation for each in receipts if each.was_not_sent)
        known = tuple(each for each in receipts if not each.was_not_sent)
        return replace(self, plan=replace(self.plan, operations=left), receipts=(*self.receipts, *known))

    def outcome(self, error: PsbotError | None = None) -> StaleOutcome:
        """Return how the engagement ended; items that people changed meanwhile are left to the next run."""
        has_changed = any(receipt.outcome is Outcome.CHANGED_MEANWHILE for receipt in self.receipts)
        reconciled = Reconciled(self.plan, self.receipts, error)
        return StaleOutcome(self.scanned, reconciled, self.is_postponed or has_changed)

    def observe_again(self, reader: Reader, _engagement: Engagement, _process: Process) -> Observation:
        """Return the observation with its items as they are now; everything else stays as it was observed."""
        observation = self.scanned.observation
        known = {item.gid: item for item in observation.snapshot.items if item.gid}
        group = self.scanned.engagement.gitlab.group
        seen = read_all(reader, group, PagedList(ItemList.BY_ID, tuple(known)))
        items = [refreshed(known[each.gid], each) for each in seen]
        snapshot = replace(
            observation.snapshot,
            epic=next((item for item in items if item.is_epic), None),
            children=tuple(item for item in items if not item.is_epic),
        )
        labels = reader.fetch_labels(self.scanned.engagement.gitlab.label_group) or {}
        snapshot = replace(snapshot, labels=frozenset(labels))
        global_ids = replace(observation.global_ids, labels=labels)
        return replace(observation, snapshot=snapshot, global_ids=global_ids)

    def plan_again(self, given: PlanInput) -> Planned:
        """Return what is left of the plan: the measurements stay, items and digests are as they are now."""
        response, observation = self.scanned.response, given.observation
        keys = {item.key for item in observation.snapshot.items}
        results = tuple(each for each in response.measurements.results if each.item in keys)
        facts = replace(response.facts, observed=observation.snapshot)
        again = StaleResponse(facts, replace(response.measurements, results=results))
        if again.log is not None and again.log.gid is not None:
            comments = given.reader.fetch_comments(given.engagement.gitlab.group, [again.log.gid])
            notices = select_notices(
                comments.get(again.log.gid, ()),
                observation.account.author,
                given.process,
                given.engagement.people,
            )
            facts = replace(facts, histories=replace(facts.histories, notices=tuple(notices)))
            again = StaleResponse(facts, again.measurements)
        return again.plan(self.items_to_flag, self.readers), observation


def plan_stale_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, templates: Renderer, now: datetime
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with the plan that would be performed within the limits of the policies."""
    scanned: list[Scanned] = []
    for engagement, found in scan(reader, engagements, process, now):
        if isinstance(found, PsbotError):
            yield engagement, found
        else:
            scanned.append(found)
    for write in _pending_writes(scanned, reader, process.staleness.limits):
        yield write.scanned.engagement, write.plan


def respond(scanned: Sequence[Scanned], context: RunContext, run_limits: RunLimits) -> Iterator[StaleOutcome]:
    """Write flags and digests, the oldest findings first, and yield how each engagement ended.

    Stops between requests when asked to; engagements that were not started are not yielded then.
    """
    batch: list[_PendingWrite] = []
    for write in _pending_writes(scanned, context.tools.reader, run_limits):
        batch.append(write)
        if sum(len(each.plan.operations) for each in batch) >= _OPERATIONS_PER_BATCH:
            yield from _write_all(batch, context)
            batch = []
            if context.tools.should_stop():
                return
    yield from _write_all(batch, context)


def _pending_writes(
    scanned: Sequence[Scanned], reader: Reader, run_limits: RunLimits
) -> Iterator[_PendingWrite]:
    """Yield what is to be written, the oldest findings first; an empty plan where the digests are used up."""
    ordered = sorted(scanned, key=lambda each: (each.oldest_since, each.engagement.key))
    to_flag, postponed = _choose_items_to_flag(ordered, run_limits.items)
    log_readers = LogReaders(reader)
    log_readers.check(
        (each.engagement, each.response.mentioned_users(to_flag[each.engagement.key])) for each in ordered
    )
    notes = run_limits.notes
    for each in ordered:
        key = each.engagement.key
        readers = log_readers.readers(each.engagement)
        plan = each.response.plan(to_flag[key], readers)
        posts = sum(isinstance(it, PostNotice) and it.note_gid is None for it in plan.operations)
        if posts > notes:
            yield _PendingWrite(each, replace(plan, operations=()), to_flag[key], is_postponed=True)
            continue
        notes -= posts
        yield _PendingWrite(each, plan, to_flag[key], readers, is_postponed=key in postponed)


def _choose_items_to_flag(
    scanned: Sequence[Scanned], limit: int
) -> tuple[dict[str, frozenset[str]], set[str]]:
    """Return the items to flag by engagement, and the engagements of which the limit postpones some items."""
    since: dict[tuple[str, str], date] = {}
    for each in scanned:
        flagged = {item.key for item in each.response.flagged_items}
        for finding in each.response.stale:
            if finding.flagged_item.key not in flagged:
                item = (each.engagement.key, finding.flagged_item.key)
                since[item] = min(finding.measurement.since, since.get(item, date.max))
    ordered = sorted(since, key=lambda item: (since[item], item))
    chosen = {each.engagement.key: set[str]() for each in scanned}
    for engagement, key in ordered[:limit]:
        chosen[engagement].add(key)
    postponed = {engagement for engagement, _ in ordered[limit:]}
    return {key: frozenset(items) for key, items in chosen.items()}, postponed


def _write_all(batch: Sequence[_PendingWrite], context: RunContext) -> Iterator[StaleOutcome]:
    """Write the plans of several engagements, those of one group together."""

    def key(write: _PendingWrite) -> tuple[str, str]:
        return group_key(write.scanned)

    for _, writes in groupby(sorted(batch, key=key), key):
        yield from _write_group(list(writes), context)


def _write_group(writes: Sequence[_PendingWrite], context: RunContext) -> Iterator[StaleOutcome]:
    ready: list[_PendingWrite] = []
    for write in writes:
        try:
            _check_permissions(write, context)
        except PsbotError as error:
            yield StaleOutcome(write.scanned, Reconciled(write.plan, error=error))
        else:
            ready.append(write)
    if ready:
        yield from _send_group(ready, context)


def _send_group(writes: Sequence[_PendingWrite], context: RunContext) -> Iterator[StaleOutcome]:
    """Send the plans of one group together; what has no clear answer is finished one engagement after the other."""
    first = writes[0].scanned
    ids = IdLookup(labels=dict(first.observation.global_ids.labels))
    sender = Sender(
        _SEVERAL_ENGAGEMENTS, first.engagement.gitlab.group, ids, context.tools, context.wait_budget
    )
    done: list[_PendingWrite] = []
    unclear: list[tuple[_PendingWrite, ApplyResult]] = []
    waiting = list(writes)

    def next_round(result: ApplyResult) -> Sequence[Operation] | None:
        sent, waiting[:] = list(waiting), []
        for write, own in _results_by_write(sent, result):
            if not all(each.outcome in _FINAL_OUTCOMES or each.was_not_sent for each in own.receipts):
                unclear.append((write, own))
            elif (after := write.after(own.receipts)).plan.is_empty:
                done.append(after)
            else:
                waiting.append(after)
        return list(_merge_operations(waiting)) if waiting or unclear else None

    sender.send_all(list(_merge_operations(waiting)), next_round)
    yield from (write.outcome() for write in done)
    for write, own in unclear:
        yield _finish_one(write, own, context)
    for write in waiting:
        yield write.outcome(_stopped(write))


def _stopped(write: _PendingWrite) -> LimitReached:
    remaining = operations_remain(len(write.plan.operations))
    return LimitReached(
        f"{write.scanned.engagement.key}: stopped at a limit; {remaining}",
        "run again; psbot resumes where it stopped",
    )


def _results_by_write(
    writes: Sequence[_PendingWrite], result: ApplyResult
) -> Iterator[tuple[_PendingWrite, ApplyResult]]:
    """Yield each write with what came of its own operations."""
    receipts = {id(receipt.operation): receipt for receipt in result.receipts}
    for write in writes:
        own = tuple(receipts[id(each)] for each in write.plan.operations if id(each) in receipts)
        is_unclear = any(receipt.outcome is Outcome.UNCLEAR for receipt in own)
        yield write, ApplyResult(own, sent_at=result.sent_at if is_unclear else 0.0)


def _merge_operations(writes: Sequence[_PendingWrite]) -> Iterator[Operation]:
    """Yield the operations of all writes; a label that several of them need is created once."""
    labels: set[str] = set()
    for each in (each for write in writes for each in write.plan.operations):
        if not isinstance(each, CreateLabel):
            yield each
        elif each.spec.title not in labels:
            labels.add(each.spec.title)
            yield each


def _finish_one(write: _PendingWrite, own: ApplyResult, context: RunContext) -> StaleOutcome:
    """Find out what became of operations without a clear answer, and do what is left of that engagement."""
    alone = replace(context, observe_one=write.observe_again, planner=write.plan_again)
    reconciled = finish(write.scanned.engagement, alone, write.plan, own)
    receipts = (*write.receipts, *reconciled.receipts)
    return StaleOutcome(write.scanned, replace(reconciled, receipts=receipts), write.is_postponed)


def _check_permissions(write: _PendingWrite, context: RunContext) -> None:
    if write.plan.operations:
        engagement, observation = write.scanned.engagement, write.scanned.observation
        context.check_author(engagement, observation.account, context.process)
        check_label_permission(engagement, observation.account, observation.label_access_level, write.plan)

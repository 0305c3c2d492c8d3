"""What has gone quiet is answered: flags and digests, what has waited longest first, within the ceilings of a run.

Engagements that share a group share requests, so what is written goes out in full batches. What does not get through
at once is brought to an end one engagement after the other, as by every other command.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from psbot.apply import apply as performing
from psbot.apply.item_update import Ids
from psbot.apply.preflight import check_labeller
from psbot.apply.receipt import Applied, Outcome, Receipt
from psbot.core.desired.build import Words
from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import CreateLabel, Operation, PostNotice
from psbot.core.model.process import Process
from psbot.core.model.staleness_policy import Ceilings
from psbot.core.model.work_item import Sighting, as_seen
from psbot.core.plan.plan import Plan
from psbot.core.staleness.response import Response
from psbot.errors import PsbotError
from psbot.gitlab.item_queries import Part
from psbot.gitlab.ports import ForgeReader, LimitReached, RateLimited
from psbot.observe.histories import notices_among
from psbot.observe.observation import Observation
from psbot.observe.pages import Listing, turn
from psbot.runs.attempt import ROUNDS
from psbot.runs.reconcile import carry_on
from psbot.runs.stale.scan import Audience, Looked, look, place
from psbot.runs.work import Reconciled, Work

_TOGETHER = 600  # operations before the next engagements' turn
_SEVERAL = "several engagements"
_SETTLED = (Outcome.DONE, Outcome.REFUSED, Outcome.MOVED)


@dataclass(frozen=True, slots=True)
class Ended:
    """How one engagement ended: what was found and done, and whether a ceiling left some of it to the next run."""

    looked: Looked
    reconciled: Reconciled
    is_left: bool = False


@dataclass(frozen=True, slots=True)
class _Job:
    """One engagement, what is still to be written, and the receipts of what has been."""

    looked: Looked
    plan: Plan
    carriers: frozenset[str]
    readers: frozenset[str] = frozenset()
    is_left: bool = False
    receipts: tuple[Receipt, ...] = ()

    def after(self, receipts: tuple[Receipt, ...]) -> "_Job":
        """Return the job after *receipts*: what was not sent is left of it."""
        left = tuple(each.operation for each in receipts if each.was_not_sent)
        known = tuple(each for each in receipts if not each.was_not_sent)
        return replace(self, plan=replace(self.plan, operations=left), receipts=(*self.receipts, *known))

    def ended(self, error: PsbotError | None = None) -> Ended:
        """Return how the engagement ended; what people changed meanwhile is left to the next run."""
        is_moved = any(receipt.outcome is Outcome.MOVED for receipt in self.receipts)
        return Ended(self.looked, Reconciled(self.plan, self.receipts, error), self.is_left or is_moved)

    def look_again(self, reader: ForgeReader, _engagement: Engagement, _process: Process) -> Observation:
        """Return the items that this is about as they are now; all else was settled before."""
        observation = self.looked.observation
        known = {item.gid: item for item in observation.snapshot.items if item.gid}
        listing = Listing(Part.NAMED, tuple(known))
        seen: list[Sighting] = []
        while not listing.is_done:
            seen += turn(reader, self.looked.engagement.gitlab.group, [listing])[listing].items
        items = [as_seen(known[each.gid], each) for each in seen]
        snapshot = replace(
            observation.snapshot,
            epic=next((item for item in items if item.is_epic), None),
            children=tuple(item for item in items if not item.is_epic),
        )
        labels = reader.fetch_labels(self.looked.engagement.gitlab.label_group) or {}
        handles = replace(observation.handles, labels=labels)
        return replace(observation, snapshot=replace(snapshot, labels=frozenset(labels)), handles=handles)

    def draw_again(
        self,
        reader: ForgeReader,
        engagement: Engagement,
        observation: Observation,
        process: Process,
        _words: Words,
        _now: datetime,
    ) -> tuple[Plan, Observation]:
        """Return what is left of the plan: the verdicts stand, items and digests are as they are now."""
        response = self.looked.response
        keys = {item.key for item in observation.snapshot.items}
        stand = tuple(each for each in response.judgement.verdicts if each.item in keys)
        facts = replace(response.facts, observed=observation.snapshot)
        again = Response(facts, replace(response.judgement, verdicts=stand))
        if again.log is not None and again.log.gid is not None:
            written = reader.fetch_comments(engagement.gitlab.group, [again.log.gid])
            notices = notices_among(written.get(again.log.gid, ()), observation.account.author, process)
            facts = replace(facts, histories=replace(facts.histories, notices=tuple(notices)))
            again = Response(facts, again.judgement)
        return again.plan(self.carriers, self.readers), observation


def draw_stale_many(
    reader: ForgeReader, engagements: Iterable[Engagement], process: Process, words: Words, now: datetime
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with the plan that would be performed within the ceilings of the policies."""
    found: list[Looked] = []
    for engagement, each in look(reader, engagements, process, now):
        if isinstance(each, PsbotError):
            yield engagement, each
        else:
            found.append(each)
    for job in _jobs(found, reader, process.staleness.ceilings):
        yield job.looked.engagement, job.plan


def answer(found: Sequence[Looked], work: Work, ceilings: Ceilings) -> Iterator[Ended]:
    """Flag and tell, what has waited longest first, and yield how each engagement ended.

    Stops between requests when somebody says so; engagements that were not begun are not yielded then.
    """
    batch: list[_Job] = []
    for job in _jobs(found, work.tools.reader, ceilings):
        batch.append(job)
        if sum(len(each.plan.operations) for each in batch) >= _TOGETHER:
            yield from _written(batch, work)
            batch = []
            if work.tools.stop():
                return
    yield from _written(batch, work)


def _jobs(found: Sequence[Looked], reader: ForgeReader, ceilings: Ceilings) -> Iterator[_Job]:
    """Yield what is to be done, what has waited longest first; where the digests are spent, that nothing is."""
    ordered = sorted(found, key=lambda each: (each.since, each.engagement.key))
    carriers, are_left = _admitted(ordered, ceilings.items)
    audience = Audience(reader)
    audience.meet(
        (each.engagement, each.response.mentioned(carriers[each.engagement.key])) for each in ordered
    )
    notes = ceilings.notes
    for looked in ordered:
        key = looked.engagement.key
        readers = audience.readers(looked.engagement)
        plan = looked.response.plan(carriers[key], readers)
        posts = sum(isinstance(each, PostNotice) and each.note is None for each in plan.operations)
        if posts > notes:
            yield _Job(looked, replace(plan, operations=()), carriers[key], is_left=True)
            continue
        notes -= posts
        yield _Job(looked, plan, carriers[key], readers, is_left=key in are_left)


def _admitted(found: Sequence[Looked], most: int) -> tuple[dict[str, frozenset[str]], set[str]]:
    """Return by engagement the items that may be flagged anew, and the engagements of which some have to wait."""
    new: dict[tuple[str, str], date] = {}
    for looked in found:
        flagged = {item.key for item in looked.response.flagged}
        for each in looked.response.stale:
            if each.carrier.key not in flagged:
                place = (looked.engagement.key, each.carrier.key)
                new[place] = min(each.verdict.since, new.get(place, date.max))
    ordered = sorted(new, key=lambda place: (new[place], place))
    admitted = {looked.engagement.key: set[str]() for looked in found}
    for engagement, carrier in ordered[:most]:
        admitted[engagement].add(carrier)
    left = {engagement for engagement, _ in ordered[most:]}
    return {key: frozenset(items) for key, items in admitted.items()}, left


def _written(batch: Sequence[_Job], work: Work) -> Iterator[Ended]:
    """Write the plans of several engagements, those of one group together."""
    for _, jobs in groupby(sorted(batch, key=lambda job: place(job.looked)), lambda job: place(job.looked)):
        yield from _written_together(list(jobs), work)


def _written_together(jobs: Sequence[_Job], work: Work) -> Iterator[Ended]:
    ready: list[_Job] = []
    for job in jobs:
        try:
            _check(job, work)
        except PsbotError as error:
            yield Ended(job.looked, Reconciled(job.plan, error=error))
        else:
            ready.append(job)
    if ready:
        yield from _perform(ready, work)


def _perform(jobs: Sequence[_Job], work: Work) -> Iterator[Ended]:
    """Write the plans of *jobs* together; what the run did not come to is sent again, the rest looked at one by one."""
    ids = Ids(labels=dict(jobs[0].looked.observation.handles.labels), types={}, people={}, epic=None)
    group = jobs[0].looked.engagement.gitlab.group
    doubtful: list[tuple[_Job, Applied]] = []
    waiting = list(jobs)
    for _ in range(ROUNDS):
        applied = performing.apply(Plan(_SEVERAL, tuple(_merged(waiting))), group, ids, work.tools)
        asked, waiting = waiting, []
        for job, own in _shared_out(asked, applied):
            if all(receipt.outcome in _SETTLED or receipt.was_not_sent for receipt in own.receipts):
                waiting.append(job.after(own.receipts))
            else:
                doubtful.append((job, own))
        yield from (job.ended() for job in waiting if job.plan.is_empty)
        waiting = [job for job in waiting if not job.plan.is_empty]
        if (not waiting and not doubtful) or work.tools.stop() or not has_paused(applied, work):
            break
    for job, own in doubtful:
        yield _settled(job, own, work)
    for job in waiting:
        yield job.ended(
            LimitReached(
                f"{job.looked.engagement.key}: stopped before {len(job.plan.operations)} of its operations",
                "run again; psbot goes on where it stopped",
            )
        )


def has_paused(applied: Applied, work: Work) -> bool:
    """Wait as long as GitLab asks; tell whether the run may go on."""
    error = applied.error
    return not isinstance(error, RateLimited) or work.patience.pause(max(1.0, error.seconds), error.message)


def _shared_out(jobs: Sequence[_Job], applied: Applied) -> Iterator[tuple[_Job, Applied]]:
    """Yield each job with what came of its own operations."""
    receipts = {id(receipt.operation): receipt for receipt in applied.receipts}
    for job in jobs:
        own = tuple(receipts[id(each)] for each in job.plan.operations if id(each) in receipts)
        is_unclear = any(receipt.outcome is Outcome.UNCLEAR for receipt in own)
        yield job, Applied(own, sent_at=applied.sent_at if is_unclear else 0.0)


def _merged(jobs: Sequence[_Job]) -> Iterator[Operation]:
    """Yield the operations of all jobs; a label that several of them want is made once."""
    labels: set[str] = set()
    for each in (each for job in jobs for each in job.plan.operations):
        if not isinstance(each, CreateLabel):
            yield each
        elif each.spec.title not in labels:
            labels.add(each.spec.title)
            yield each


def _settled(job: _Job, own: Applied, work: Work) -> Ended:
    """Find out what became of operations without a clear answer, and do what is left of that engagement."""
    alone = replace(work, look=job.look_again, draw=job.draw_again)
    ended = carry_on(job.looked.engagement, alone, job.plan, own)
    return Ended(job.looked, replace(ended, receipts=(*job.receipts, *ended.receipts)), job.is_left)


def _check(job: _Job, work: Work) -> None:
    if job.plan.operations:
        looked = job.looked.observation
        work.check_author(job.looked.engagement, looked.account, work.process)
        check_labeller(job.looked.engagement, looked.account, looked.label_level, job.plan)

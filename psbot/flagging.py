"""What has gone quiet is answered: flags and digests, what has waited longest first, within the ceilings of a run.

Engagements that share a group share requests, so what is written goes out in full batches. What does not get through
at once is brought to an end one engagement after the other, as by every other command.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from psbot import apply as performing
from psbot.apply import Applied, Outcome, Receipt
from psbot.core.desired import Words
from psbot.core.engagement import Engagement
from psbot.core.operations import CreateLabel, Operation, PostNotice
from psbot.core.plan import Plan
from psbot.core.policies import Ceilings
from psbot.core.process import Process
from psbot.errors import PsbotError
from psbot.forge.ports import ForgeReader
from psbot.observe import Observation
from psbot.people import check_labeller
from psbot.reconcile import Reconciled, Work, carry_on
from psbot.stale import Audience, Looked, draw_stale, look, place
from psbot.updates import Ids

_TOGETHER = 60  # operations before the next engagements' turn


@dataclass(frozen=True, slots=True)
class Ended:
    """How one engagement ended: what was found and done, and whether a ceiling left some of it to the next run."""

    looked: Looked
    reconciled: Reconciled
    is_left: bool = False


@dataclass(frozen=True, slots=True)
class _Job:
    """One engagement whose plan is to be written."""

    looked: Looked
    plan: Plan
    carriers: frozenset[str]
    is_left: bool


def draw_stale_many(
    reader: ForgeReader, engagements: Iterable[Engagement], process: Process, words: Words, now: datetime
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with the plan that would be performed within the ceilings of the policies."""
    found: list[Looked] = []
    for engagement, each in look(reader, engagements, process, words, now):
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
        plan = looked.response.plan(carriers[key], audience.readers(looked.engagement))
        posts = sum(isinstance(each, PostNotice) and each.note is None for each in plan.operations)
        if posts > notes:
            yield _Job(looked, replace(plan, operations=()), carriers[key], is_left=True)
            continue
        notes -= posts
        yield _Job(looked, plan, carriers[key], is_left=key in are_left)


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
    first = jobs[0].looked
    ids = Ids(labels=dict(first.observation.handles.labels), types={}, people={}, epic=None)
    merged = Plan("several engagements", tuple(_merged(jobs)))
    applied = performing.apply(merged, first.engagement.gitlab.group, ids, work.tools)
    receipts = {id(receipt.operation): receipt for receipt in applied.receipts}
    halt = applied.error
    for job in jobs:
        own = tuple(receipts[id(each)] for each in job.plan.operations if id(each) in receipts)
        ended = _ended(job, own, replace(applied, receipts=own, error=halt), work)
        halt = halt if ended.error is None and _is_through(own) else None  # one wait for what halted them all
        yield Ended(job.looked, ended, job.is_left)


def _merged(jobs: Sequence[_Job]) -> Iterator[Operation]:
    """Yield the operations of all jobs; a label that several of them want is made once."""
    labels: set[str] = set()
    for each in (each for job in jobs for each in job.plan.operations):
        if not isinstance(each, CreateLabel):
            yield each
        elif each.spec.title not in labels:
            labels.add(each.spec.title)
            yield each


def _is_through(receipts: Sequence[Receipt]) -> bool:
    return all(receipt.outcome in (Outcome.DONE, Outcome.REFUSED) for receipt in receipts)


def _ended(job: _Job, receipts: tuple[Receipt, ...], applied: Applied, work: Work) -> Reconciled:
    if _is_through(receipts):
        return Reconciled(job.plan, receipts)
    is_unclear = any(receipt.outcome is Outcome.UNCLEAR for receipt in receipts)
    trouble = applied if is_unclear else replace(applied, sent_at=0.0)  # nothing of it can still be under way
    return carry_on(job.looked.engagement, _alone(work, job), job.plan, trouble)


def _alone(work: Work, job: _Job) -> Work:
    """Return what one engagement is reconciled with by itself, within what it may flag."""

    def draw(  # noqa: PLR0917  see drawing.Draw
        reader: ForgeReader,
        engagement: Engagement,
        observation: Observation,
        process: Process,
        words: Words,
        now: datetime,
    ) -> tuple[Plan, Observation]:
        return draw_stale(reader, engagement, observation, process, words, now, job.carriers)

    return replace(work, draw=draw)


def _check(job: _Job, work: Work) -> None:
    if job.plan.operations:
        looked = job.looked.observation
        work.check_author(job.looked.engagement, looked.account, work.process)
        check_labeller(job.looked.engagement, looked.account, looked.label_level, job.plan)

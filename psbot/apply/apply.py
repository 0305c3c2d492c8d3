"""Performs a plan: the only place that writes. Stops at the first answer that is not clear."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TypeVar

from psbot.apply import item_update as updates
from psbot.apply.item_update import Ids, MissingId
from psbot.apply.receipt import _BEFORE, Applied, Outcome, Receipt
from psbot.core.model.operations import (
    CreateChild,
    CreateEpic,
    CreateLabel,
    ItemOperation,
    Operation,
    PostNotice,
)
from psbot.core.model.process import EPIC, Limits
from psbot.core.model.work_item import Sighting
from psbot.core.plan.cost import batch_size
from psbot.core.plan.plan import Plan
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import Part
from psbot.gitlab.ports import ForgeReader, ForgeWriter, RateLimited, Refused, Unclear
from psbot.gitlab.values import NewNote, NoteEdit, Written
from psbot.observe.pages import Listing, turn

_Job = TypeVar("_Job")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Tools:
    """What writing takes: both ports, limits, a monotonic clock in seconds, and whether somebody said stop.

    ``progress`` hears of every request that was sent, with the number of writes in it; from several threads.
    """

    reader: ForgeReader
    writer: ForgeWriter
    limits: Limits
    clock: Callable[[], float]
    stop: Callable[[], bool] = lambda: False
    progress: Callable[[int], None] = lambda _: None


@dataclass(slots=True)
class _Run:
    """One plan being performed."""

    tools: Tools
    group: str
    engagement: str
    ids: Ids
    receipts: list[Receipt] = field(default_factory=list)
    error: GitLabError | None = None
    sent_at: float = 0.0
    halted: Event = field(default_factory=Event)

    def note(self, operations: Sequence[Operation], outcome: Outcome, reason: str) -> None:
        self.receipts += [Receipt(operation, outcome, reason=reason) for operation in operations]

    def halt(self, error: GitLabError, sent_at: float) -> None:
        self.error = self.error or error
        self.sent_at = max(self.sent_at, sent_at)
        self.halted.set()


@dataclass(frozen=True, slots=True)
class _Sent:
    """One request's answer: what was written, or the error, and when it was sent; None where it was not."""

    written: Sequence[Written] | None = None
    error: GitLabError | None = None
    sent_at: float = 0.0


def apply(plan: Plan, group: str, ids: Ids, tools: Tools) -> Applied:
    """Perform *plan* and return a receipt for each operation.

    Order: labels, the epic, new children, new words for notices, changes of items (each item re-read just before and
    written in one mutation), new notices. Nothing is repeated: after an answer that is not clear, a read that fails, or
    when somebody says stop, the rest is left. *ids* learn the labels and the epic that are made.
    """
    run = _Run(tools, group, plan.engagement, ids)
    operations = plan.operations
    _labels(run, [each for each in operations if isinstance(each, CreateLabel)])
    _epic(run, [each for each in operations if isinstance(each, CreateEpic)])
    _create(run, [each for each in operations if isinstance(each, CreateChild)])
    others = CreateLabel | CreateEpic | CreateChild | PostNotice
    notices = [each for each in operations if isinstance(each, PostNotice)]
    # What shows that a notice stands (a memory, a flag) goes after the notice, and comes before it.
    edits = [(each, NoteEdit(each.note, each.body)) for each in notices if each.note]
    _perform(run, edits, run.tools.writer.update_notes)
    _changes(run, [each for each in operations if not isinstance(each, others)])
    posts = [(each, NewNote(each.item.gid or "", each.body)) for each in notices if not each.note]
    _perform(run, posts, run.tools.writer.create_notes)
    return Applied(tuple(run.receipts), run.error, run.sent_at)


def _labels(run: _Run, operations: Sequence[CreateLabel]) -> None:
    if not operations:
        return
    namespace = operations[0].namespace
    send = run.tools.writer.create_labels
    before = len(run.receipts)
    _perform(run, [(each, each.spec) for each in operations], lambda specs: send(namespace, specs))
    for receipt in run.receipts[before:]:
        if receipt.outcome is Outcome.DONE and isinstance(receipt.operation, CreateLabel) and receipt.gid:
            run.ids.labels[receipt.operation.spec.title] = receipt.gid
    if any(receipt.outcome is Outcome.REFUSED for receipt in run.receipts[before:]):
        _look_again_for_labels(run, namespace, before)


def _look_again_for_labels(run: _Run, namespace: str, since: int) -> None:
    """Take a refused label for made where it is there now: another run may have made it in between."""
    found = _read(run, lambda: run.tools.reader.fetch_labels(namespace))
    run.ids.labels |= found or {}
    for number, receipt in enumerate(run.receipts[since:], since):
        operation = receipt.operation
        if isinstance(operation, CreateLabel) and operation.spec.title in run.ids.labels:
            run.receipts[number] = Receipt(operation, Outcome.DONE, gid=run.ids.labels[operation.spec.title])
        elif found is None and receipt.outcome is Outcome.REFUSED:
            run.receipts[number] = replace(receipt, outcome=Outcome.LEFT)


def _read(run: _Run, read: Callable[[], _Found]) -> _Found | None:
    """Return what *read* finds; where it fails the run halts, and what has been done keeps its receipts."""
    try:
        return read()
    except GitLabError as error:
        run.halt(error, 0.0)
        return None


def _epic(run: _Run, operations: Sequence[CreateEpic]) -> None:
    before = len(run.receipts)
    _create(run, operations)
    made = [receipt.gid for receipt in run.receipts[before:] if receipt.gid]
    if made and not run.halted.is_set():
        run.ids.epic = made[0]
        listed = _read(run, lambda: _listed_epics(run))
        if listed is not None and listed != {made[0]}:
            # Children must not go under two epics, nor under one that this token cannot see.
            run.halt(Unclear("GitLab lists not just the epic that this run has made"), run.tools.clock())


def _listed_epics(run: _Run) -> set[str]:
    """Return the ids of the epics that carry the marker of the engagement's epic."""
    listing = Listing(Part.EPICS)
    found: set[str] = set()
    while not listing.is_done:
        for epic in turn(run.tools.reader, run.group, [listing])[listing].items:
            note = epic.marker
            if note and (note.engagement, note.item) == (run.engagement, EPIC):
                found.add(epic.gid)
    return found


def _create(run: _Run, operations: Sequence[CreateEpic | CreateChild]) -> None:
    jobs = []
    for operation in operations:
        try:
            jobs.append((operation, updates.creation(operation, run.ids)))
        except MissingId as missing:
            outcome = Outcome.LEFT if run.halted.is_set() or run.tools.stop() else Outcome.REFUSED
            run.note([operation], outcome, str(missing.args[0]))
    _perform(run, jobs, run.tools.writer.create_items)


def _changes(run: _Run, operations: Sequence[ItemOperation]) -> None:
    by_item: dict[str, list[ItemOperation]] = {}
    for operation in operations:
        by_item.setdefault(operation.item.gid or "", []).append(operation)
    chunks = list(by_item)
    wave = run.tools.limits.wave
    for start in range(0, len(chunks), wave):
        chunk = {gid: by_item[gid] for gid in chunks[start : start + wave]}
        if run.halted.is_set() or run.tools.stop():
            _leave(run, [each for group in chunk.values() for each in group])
        else:
            _change(run, chunk)


def _change(run: _Run, by_item: Mapping[str, Sequence[ItemOperation]]) -> None:
    """Change a wave of items, after reading them again: what has moved is left to be planned again."""
    seen = _read(run, lambda: list(_read_again(run, tuple(by_item))))
    if seen is None:
        _leave(run, [each for group in by_item.values() for each in group])
        return
    now = {each.gid: each for each in seen}
    moved = {gid for gid, each in by_item.items() if gid not in now or updates.has_moved(each, now[gid])}
    jobs = []
    for gid, operations in by_item.items():
        if gid in moved or (moved and operations[0].item.is_epic):
            # The epic may say that an engagement has ended: it must not, while something else waits.
            run.note(operations, Outcome.MOVED, "somebody changed this or another item at the same time")
            continue
        try:
            jobs.append((operations, updates.update(operations, now[gid], run.ids)))
        except MissingId as missing:
            run.note(operations, Outcome.REFUSED, str(missing.args[0]))
    _perform(run, jobs, run.tools.writer.update_items)


def _read_again(run: _Run, gids: tuple[str, ...]) -> Iterator[Sighting]:
    listing = Listing(Part.NAMED, gids)
    while not listing.is_done:
        yield from turn(run.tools.reader, run.group, [listing])[listing].items


def _perform(
    run: _Run,
    jobs: Sequence[tuple[Operation | Sequence[Operation], _Job]],
    send: Callable[[Sequence[_Job]], Sequence[Written]],
) -> None:
    """Send *jobs* in batches over all connections, and note what became of each."""
    size = batch_size(len(jobs), run.tools.limits)
    batches = [jobs[start : start + size] for start in range(0, len(jobs), size)]
    with ThreadPoolExecutor(max_workers=run.tools.limits.connections) as pool:
        answers = list(pool.map(lambda batch: _sent(run, send, [job for _, job in batch]), batches))
    for batch, sent in zip(batches, answers, strict=True):
        for number, (operations, _) in enumerate(batch):
            each = [operations] if isinstance(operations, Operation) else operations
            _note(run, each, sent, number)


def _sent(run: _Run, send: Callable[[Sequence[_Job]], Sequence[Written]], batch: Sequence[_Job]) -> _Sent:
    """Send one request, unless the run has been halted or stopped; runs in a thread of its own."""
    if run.halted.is_set() or run.tools.stop():
        return _Sent()
    sent_at = run.tools.clock()
    try:
        written = send(batch)
    except GitLabError as error:
        if not isinstance(error, Refused):
            run.halt(error, sent_at)
        return _Sent(error=error, sent_at=sent_at)
    finally:
        run.tools.progress(len(batch))
    if any(each.is_unclear for each in written):
        run.halt(Unclear("GitLab answered only for a part of what was asked for"), sent_at)
    return _Sent(written, sent_at=sent_at)


def _note(run: _Run, operations: Sequence[Operation], sent: _Sent, number: int) -> None:
    match sent:
        case _Sent(written=None, error=None):
            _leave(run, operations)
        case _Sent(error=Refused() as error):
            run.note(operations, Outcome.REFUSED, str(error))
        case _Sent(error=RateLimited() as error):
            run.note(operations, Outcome.LEFT, error.message)
        case _Sent(error=GitLabError() as error):
            run.note(operations, Outcome.UNCLEAR, error.message)
        case _Sent(written=written) if written is not None:
            run.receipts += [_receipt(operation, written[number]) for operation in operations]


def _receipt(operation: Operation, written: Written) -> Receipt:
    if written.is_unclear:
        return Receipt(operation, Outcome.UNCLEAR, reason=written.refusal or "")
    if written.refusal is not None:
        return Receipt(operation, Outcome.REFUSED, reason=written.refusal)
    return Receipt(operation, Outcome.DONE, written.iid, written.url, gid=written.gid)


def _leave(run: _Run, operations: Sequence[Operation]) -> None:
    run.note(operations, Outcome.LEFT, _BEFORE)

"""Performs a plan. This is the only module that writes to GitLab; it stops at the first unclear answer."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TypeVar

from psbot.apply import item_update
from psbot.apply.item_update import IdLookup, MissingId
from psbot.apply.receipt import STOPPED_BEFORE, ApplyResult, Outcome, Receipt
from psbot.core.model.operations import (
    Close,
    CreateChild,
    CreateEpic,
    CreateLabel,
    ItemOperation,
    Operation,
    PostNotice,
    Relabel,
    Reopen,
)
from psbot.core.model.process import EPIC, Limits
from psbot.core.plan.cost import batch_size
from psbot.core.plan.plan import Plan
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import RateLimited, Reader, Refused, Unclear, Writer
from psbot.gitlab.values import NewNote, NoteEdit, WriteResult
from psbot.observe.pages import PagedList, read_all

# Operations that GitLab may carry out although it refuses what they were sent with.
_CARRIED_OUT_APART = (CreateEpic, CreateChild, Relabel, Close, Reopen)

_Write = TypeVar("_Write")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class WriteTools:
    """What writing needs: both ports, limits, a monotonic clock in seconds, and whether the run is to stop.

    ``on_progress`` is called after every request, with the number of writes in it; from several threads.
    """

    reader: Reader
    writer: Writer
    limits: Limits
    clock: Callable[[], float]
    should_stop: Callable[[], bool] = lambda: False
    on_progress: Callable[[int], None] = lambda _: None


@dataclass(slots=True)
class _ApplyRun:
    """One plan being performed."""

    tools: WriteTools
    group: str
    engagement: str
    ids: IdLookup
    receipts: list[Receipt] = field(default_factory=list)
    error: GitLabError | None = None
    sent_at: float = 0.0
    halted: Event = field(default_factory=Event)

    def add_receipts(self, operations: Sequence[Operation], outcome: Outcome, reason: str) -> None:
        self.receipts += [Receipt(operation, outcome, reason=reason) for operation in operations]

    def halt(self, error: GitLabError, sent_at: float) -> None:
        self.error = self.error or error
        self.sent_at = max(self.sent_at, sent_at)
        self.halted.set()


@dataclass(frozen=True, slots=True)
class _Answer:
    """One request's answer: what was written, or the error, and when it was sent; None where it was not."""

    written: Sequence[WriteResult] | None = None
    error: GitLabError | None = None
    sent_at: float = 0.0


def apply(plan: Plan, group: str, ids: IdLookup, tools: WriteTools) -> ApplyResult:
    """Perform *plan* and return a receipt for each operation.

    Order: labels, the epic, new children, edits of notices, updates of items (each item is read again just before and
    written in one mutation), new notices. Nothing is repeated: after an unclear answer, a read that fails, or when the
    run is stopped, the rest is not sent. The ids of created labels and of the epic are added to *ids*.
    """
    run = _ApplyRun(tools, group, plan.engagement, ids)
    operations = plan.operations
    _create_labels(run, [each for each in operations if isinstance(each, CreateLabel)])
    _create_epic(run, [each for each in operations if isinstance(each, CreateEpic)])
    _create_items(run, [each for each in operations if isinstance(each, CreateChild)])
    others = CreateLabel | CreateEpic | CreateChild | PostNotice
    notices = [each for each in operations if isinstance(each, PostNotice)]
    # What an item remembers of a notice is removed after the notice is edited, and added before it is posted.
    edits = [(each, NoteEdit(each.note_gid, each.body)) for each in notices if each.note_gid]
    _send_in_batches(run, edits, run.tools.writer.update_notes)
    _update_items(run, [each for each in operations if not isinstance(each, others)])
    posts = [(each, NewNote(each.item.gid or "", each.body)) for each in notices if not each.note_gid]
    _send_in_batches(run, posts, run.tools.writer.create_notes)
    return ApplyResult(tuple(run.receipts), run.error, run.sent_at)


def _create_labels(run: _ApplyRun, operations: Sequence[CreateLabel]) -> None:
    if not operations:
        return
    namespace = operations[0].namespace
    send = run.tools.writer.create_labels
    before = len(run.receipts)
    _send_in_batches(run, [(each, each.spec) for each in operations], lambda specs: send(namespace, specs))
    for receipt in run.receipts[before:]:
        if receipt.outcome is Outcome.DONE and isinstance(receipt.operation, CreateLabel) and receipt.gid:
            run.ids.labels[receipt.operation.spec.title] = receipt.gid
    if any(receipt.outcome is Outcome.REFUSED for receipt in run.receipts[before:]):
        _recheck_labels(run, namespace, before)


def _recheck_labels(run: _ApplyRun, namespace: str, since: int) -> None:
    """Treat a refused label as created where it exists now: a concurrent run may have created it."""
    found = _read_or_halt(run, lambda: run.tools.reader.fetch_labels(namespace))
    run.ids.labels |= found or {}
    for number, receipt in enumerate(run.receipts[since:], since):
        operation = receipt.operation
        if isinstance(operation, CreateLabel) and operation.spec.title in run.ids.labels:
            run.receipts[number] = Receipt(operation, Outcome.DONE, gid=run.ids.labels[operation.spec.title])
        elif found is None and receipt.outcome is Outcome.REFUSED:
            run.receipts[number] = replace(receipt, outcome=Outcome.PENDING)


def _read_or_halt(run: _ApplyRun, read: Callable[[], _Result]) -> _Result | None:
    """Return what *read* finds; where it fails the run halts, and the receipts so far are kept."""
    try:
        return read()
    except GitLabError as error:
        run.halt(error, 0.0)
        return None


def _create_epic(run: _ApplyRun, operations: Sequence[CreateEpic]) -> None:
    before = len(run.receipts)
    _create_items(run, operations)
    created = [receipt.gid for receipt in run.receipts[before:] if receipt.gid]
    if created and not run.halted.is_set():
        run.ids.epic = created[0]
        listed = _read_or_halt(run, lambda: _find_marked_epics(run))
        if listed is not None and listed != {created[0]}:
            # Children must not go under two epics, nor under one that this token cannot see.
            error = Unclear("GitLab does not list exactly the one epic that psbot has just created")
            run.halt(error, run.tools.clock())


def _find_marked_epics(run: _ApplyRun) -> set[str]:
    """Return the ids of the epics that carry the marker of the engagement's epic."""
    return {
        epic.gid
        for epic in read_all(run.tools.reader, run.group, PagedList(ItemList.EPICS))
        if (marker := epic.marker) and (marker.engagement, marker.item) == (run.engagement, EPIC)
    }


def _create_items(run: _ApplyRun, operations: Sequence[CreateEpic | CreateChild]) -> None:
    writes = []
    for operation in operations:
        try:
            writes.append((operation, item_update.build_new_item(operation, run.ids)))
        except MissingId as missing:
            outcome = Outcome.PENDING if run.halted.is_set() or run.tools.should_stop() else Outcome.REFUSED
            run.add_receipts([operation], outcome, str(missing.args[0]))
    _send_in_batches(run, writes, run.tools.writer.create_items)


def _update_items(run: _ApplyRun, operations: Sequence[ItemOperation]) -> None:
    by_item: dict[str, list[ItemOperation]] = {}
    for operation in operations:
        by_item.setdefault(operation.item.gid or "", []).append(operation)
    chunks = list(by_item)
    wave = run.tools.limits.recheck_size
    for start in range(0, len(chunks), wave):
        chunk = {gid: by_item[gid] for gid in chunks[start : start + wave]}
        if run.halted.is_set() or run.tools.should_stop():
            _mark_not_sent(run, [each for group in chunk.values() for each in group])
        else:
            _update_wave(run, chunk)


def _update_wave(run: _ApplyRun, by_item: Mapping[str, Sequence[ItemOperation]]) -> None:
    """Update a wave of items after reading them again; items that have changed are left to be planned again."""
    # Items are read last, so that only one request lies between this look at their fields and the write.
    noted = _read_or_halt(run, lambda: _find_noted(run, by_item))
    listed = PagedList(ItemList.BY_ID, tuple(by_item))
    items = (
        None
        if noted is None
        else _read_or_halt(run, lambda: list(read_all(run.tools.reader, run.group, listed)))
    )
    if items is None or noted is None:
        _mark_not_sent(run, [each for operations in by_item.values() for each in operations])
        return
    now = {each.gid: each for each in items}
    changed = noted | {
        gid for gid, each in by_item.items() if gid not in now or item_update.has_changed(each, now[gid])
    }
    writes = []
    for gid, operations in by_item.items():
        if gid in changed or (changed and operations[0].item.is_epic):
            # An update of the epic may end the engagement, which must wait until everything else is done.
            run.add_receipts(
                operations,
                Outcome.CHANGED_MEANWHILE,
                "this or another item has been changed meanwhile",
            )
            continue
        try:
            writes.append((operations, item_update.build_update(operations, now[gid], run.ids)))
        except MissingId as missing:
            run.add_receipts(operations, Outcome.REFUSED, str(missing.args[0]))
    _send_in_batches(run, writes, run.tools.writer.update_items)


def _find_noted(run: _ApplyRun, by_item: Mapping[str, Sequence[ItemOperation]]) -> set[str]:
    """Return the items to be closed, because nobody has worked on them, that have other notes now."""
    counts = {gid: item_update.note_count_if_closed(each) for gid, each in by_item.items()}
    closing = [gid for gid, count in counts.items() if count is not None]
    if not closing:
        return set()
    activity = run.tools.reader.fetch_activity(run.group, closing)
    return {gid for gid in closing if gid not in activity or len(activity[gid].notes) != counts[gid]}


def _send_in_batches(
    run: _ApplyRun,
    writes: Sequence[tuple[Operation | Sequence[Operation], _Write]],
    send: Callable[[Sequence[_Write]], Sequence[WriteResult]],
) -> None:
    """Send *writes* in batches over all connections, and record what became of each."""
    size = batch_size(len(writes), run.tools.limits)
    batches = [writes[start : start + size] for start in range(0, len(writes), size)]
    with ThreadPoolExecutor(max_workers=run.tools.limits.connections) as pool:
        answers = list(pool.map(lambda batch: _send_batch(run, send, [write for _, write in batch]), batches))
    for batch, sent in zip(batches, answers, strict=True):
        for number, (operations, _) in enumerate(batch):
            each = [operations] if isinstance(operations, Operation) else operations
            _record_answer(run, each, sent, number)


def _send_batch(
    run: _ApplyRun, send: Callable[[Sequence[_Write]], Sequence[WriteResult]], batch: Sequence[_Write]
) -> _Answer:
    """Send one request, unless the run has been halted or stopped; runs in a thread of its own."""
    if run.halted.is_set() or run.tools.should_stop():
        return _Answer()
    sent_at = run.tools.clock()
    try:
        written = send(batch)
    except GitLabError as error:
        if not isinstance(error, Refused):
            run.halt(error, sent_at)
        return _Answer(error=error, sent_at=sent_at)
    finally:
        run.tools.on_progress(len(batch))
    if any(each.is_unclear for each in written):
        run.halt(Unclear("GitLab returned results for only a part of the writes"), sent_at)
    return _Answer(written, sent_at=sent_at)


def _record_answer(run: _ApplyRun, operations: Sequence[Operation], sent: _Answer, number: int) -> None:
    match sent:
        case _Answer(written=None, error=None):
            _mark_not_sent(run, operations)
        case _Answer(error=Refused() as error):
            run.add_receipts(operations, Outcome.REFUSED, str(error))
        case _Answer(error=RateLimited() as error):
            run.add_receipts(operations, Outcome.PENDING, error.message)
        case _Answer(error=GitLabError() as error):
            run.add_receipts(operations, Outcome.UNCLEAR, error.message)
        case _Answer(written=written) if written is not None:
            run.receipts += [_receipt_of(operation, written[number]) for operation in operations]


def _receipt_of(operation: Operation, written: WriteResult) -> Receipt:
    if written.is_unclear:
        return Receipt(operation, Outcome.UNCLEAR, reason=written.refusal or "")
    if written.refusal is not None:
        may_be_done = written.is_partial and isinstance(operation, _CARRIED_OUT_APART)
        return Receipt(operation, Outcome.REFUSED, reason=written.refusal, may_be_done=may_be_done)
    if written.state_refusal is not None and isinstance(operation, Close | Reopen):
        return Receipt(operation, Outcome.REFUSED, written.iid, written.url, written.state_refusal)
    return Receipt(operation, Outcome.DONE, written.iid, written.url, gid=written.gid)


def _mark_not_sent(run: _ApplyRun, operations: Sequence[Operation]) -> None:
    run.add_receipts(operations, Outcome.PENDING, STOPPED_BEFORE)

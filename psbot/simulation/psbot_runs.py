"""psbot's runs in a simulated life: the real product over loopback HTTP, and what it did as happenings."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from types import TracebackType

from psbot.apply.apply import WriteTools
from psbot.apply.receipt import Outcome, Receipt
from psbot.core.desired.build import Renderer
from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding
from psbot.core.model.operations import CreateLabel, PostNotice, Redescribe
from psbot.core.model.process import Process
from psbot.core.notices.notice import notice_identity
from psbot.core.plan.plan import Plan
from psbot.errors import PsbotError
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import WaitBudget
from psbot.gitlab.writer import GitLabWriter
from psbot.report import apply_rows
from psbot.report.timeline import EntryKind, TimelineEntry
from psbot.runs.portfolio import advance_many, reconcile_many
from psbot.runs.work import Reconciled, RunContext

PSBOT = "psbot"
_TIMEOUT_SECONDS = 30.0


class Command(StrEnum):
    """What psbot is started with."""

    APPLY = "apply"
    ADVANCE = "advance"


class PsbotRuns(AbstractContextManager["PsbotRuns"]):
    """psbot with a connection to one server; its waits take no time."""

    def __init__(self, url: str, token: str, process: Process, templates: Renderer) -> None:
        self.process = process
        self.templates = templates
        self._waited_seconds = 0.0
        self._wait_budget = WaitBudget(process.limits.rate_limit_seconds, self._wait)
        server = Server(url, token, connections=1, timeout=_TIMEOUT_SECONDS)
        self._connection = Connection(server, self._wait_budget)
        self._known_findings: dict[Command, frozenset[tuple[str, str | None]]] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._connection.close()

    def run(self, command: Command, engagement: Engagement, now: datetime) -> Reconciled | PsbotError:
        """Run psbot once; what went wrong before anything was written is returned, too."""
        limits, reader = self.process.limits, GitLabReader(self._connection, self.process.limits.page)
        tools = WriteTools(reader, GitLabWriter(self._connection), limits, lambda: self._waited_seconds)
        work = RunContext(tools, self.process, self.templates, now, self._wait_budget)
        carry_out = advance_many if command is Command.ADVANCE else reconcile_many
        ((_, ended),) = carry_out([engagement], work, _approve)
        return ended

    def run_and_report(
        self, command: Command, engagement: Engagement, now: datetime
    ) -> Iterator[TimelineEntry]:
        """Run psbot once and yield what it did, and what it found that was not known before."""
        ended = self.run(command, engagement, now)
        if isinstance(ended, PsbotError):
            yield TimelineEntry(now, EntryKind.FAILURE, PSBOT, str(ended))
            return
        yield from _completed_operations(ended, now)
        yield from self._new_findings(command, ended, now)
        if ended.error:
            yield TimelineEntry(now, EntryKind.FAILURE, PSBOT, str(ended.error))

    def _new_findings(self, command: Command, ended: Reconciled, now: datetime) -> Iterator[TimelineEntry]:
        """Yield new findings, except those that stand in a notice of this run."""
        others = {each for name, known in self._known_findings.items() if name != command for each in known}
        told = {each.identity for each in ended.plan.operations if isinstance(each, PostNotice)}
        before = self._known_findings.get(command, frozenset()) | others
        for finding in ended.plan.findings:
            if _finding_key(finding) not in before and notice_identity(finding) not in told:
                yield TimelineEntry(
                    now,
                    EntryKind.FINDING,
                    PSBOT,
                    f"{finding.code}: {finding.message}",
                    finding.item or finding.code,
                )
        self._known_findings[command] = frozenset(map(_finding_key, ended.plan.findings))

    def _wait(self, seconds: float) -> None:
        self._waited_seconds += seconds


def _finding_key(finding: Finding) -> tuple[str, str | None]:
    return finding.code, finding.item


def _completed_operations(ended: Reconciled, now: datetime) -> Iterator[TimelineEntry]:
    labels = [each for each in ended.receipts if isinstance(each.operation, CreateLabel)]
    if labels:
        yield TimelineEntry(
            now, EntryKind.PSBOT, PSBOT, f"makes {len(labels)} labels", why=labels[0].operation.reason
        )
    for receipt in ended.receipts:
        if isinstance(receipt.operation, CreateLabel):
            continue
        name = apply_rows.receipt_name(receipt)
        if receipt.outcome is Outcome.DONE:
            yield TimelineEntry(
                now, EntryKind.PSBOT, PSBOT, _describe(receipt), name, receipt.operation.reason
            )
        else:
            what = f"{receipt.operation.op} is {receipt.outcome.value}"
            yield TimelineEntry(now, EntryKind.FAILURE, PSBOT, what, name, receipt.reason)


def _describe(receipt: Receipt) -> str:
    """Return in words what was done: a notice's own words, what changed, or else the operation's name."""
    operation = receipt.operation
    if isinstance(operation, PostNotice):
        words = operation.body.partition("\n")[2].strip()
        return f"{'edits its notice' if operation.note_gid else 'notes'}: {words}"
    said = apply_rows.describe_change(receipt)
    if operation.op.startswith("create"):
        return f"makes {said}"
    return f"rewrites what psbot keeps: {said}" if isinstance(operation, Redescribe) else said


def _approve(_: Plan) -> None: ...

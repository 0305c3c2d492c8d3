"""Runs psbot against the sandbox over HTTP and turns what it did into timeline entries."""

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
from psbot.core.text.escape import unescape
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
    """The psbot command to run."""

    APPLY = "apply"
    ADVANCE = "advance"


class PsbotRuns(AbstractContextManager["PsbotRuns"]):
    """psbot connected to one sandbox; waiting takes no real time."""

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
        """Run psbot once; an error before the first write is returned, not raised."""
        limits, reader = self.process.limits, GitLabReader(self._connection, self.process.limits.page)
        tools = WriteTools(reader, GitLabWriter(self._connection), limits, lambda: self._waited_seconds)
        context = RunContext(tools, self.process, self.templates, now, self._wait_budget)
        run_many = advance_many if command is Command.ADVANCE else reconcile_many
        ((_, result),) = run_many([engagement], context, _approve)
        return result

    def run_and_report(
        self, command: Command, engagement: Engagement, now: datetime
    ) -> Iterator[TimelineEntry]:
        """Run psbot once; yield what it did and its new findings."""
        result = self.run(command, engagement, now)
        if isinstance(result, PsbotError):
            yield TimelineEntry(now, EntryKind.FAILURE, PSBOT, str(result))
            return
        yield from _completed_operations(result, now)
        yield from self._new_findings(command, result, now)
        if result.error:
            yield TimelineEntry(now, EntryKind.FAILURE, PSBOT, str(result.error))

    def _new_findings(self, command: Command, result: Reconciled, now: datetime) -> Iterator[TimelineEntry]:
        """Yield the findings that are new and are not part of a notice of this run."""
        others = {each for name, known in self._known_findings.items() if name != command for each in known}
        posted = {each.identity for each in result.plan.operations if isinstance(each, PostNotice)}
        before = self._known_findings.get(command, frozenset()) | others
        for finding in result.plan.findings:
            if _finding_key(finding) not in before and notice_identity(finding) not in posted:
                yield TimelineEntry(
                    now,
                    EntryKind.FINDING,
                    PSBOT,
                    f"{finding.code}: {finding.message}",
                    finding.item or finding.code,
                )
        self._known_findings[command] = frozenset(map(_finding_key, result.plan.findings))

    def _wait(self, seconds: float) -> None:
        self._waited_seconds += seconds


def _finding_key(finding: Finding) -> tuple[str, str | None]:
    return finding.code, finding.item


def _completed_operations(result: Reconciled, now: datetime) -> Iterator[TimelineEntry]:
    labels = [each for each in result.receipts if isinstance(each.operation, CreateLabel)]
    if labels:
        what = f"creates {len(labels)} {'label' if len(labels) == 1 else 'labels'}"
        yield TimelineEntry(now, EntryKind.PSBOT, PSBOT, what, why="missing in the label group")
    for receipt in result.receipts:
        if isinstance(receipt.operation, CreateLabel):
            continue
        name = apply_rows.receipt_name(receipt)
        if receipt.outcome is Outcome.DONE:
            yield TimelineEntry(
                now, EntryKind.PSBOT, PSBOT, _describe(receipt), name, receipt.operation.reason
            )
        else:
            what = f"{receipt.operation.op}: {receipt.outcome.value}"
            yield TimelineEntry(now, EntryKind.FAILURE, PSBOT, what, name, receipt.reason)


def _describe(receipt: Receipt) -> str:
    """Describe what was done: the text of a notice, what changed, or the name of the operation."""
    operation = receipt.operation
    if isinstance(operation, PostNotice):
        body = operation.body.partition("\n")[2].strip()
        text = "\n".join(map(unescape, body.splitlines())).removesuffix(".")
        return f"{'updates its notice' if operation.note_gid else 'posts'}: {text}"
    change = apply_rows.describe_change(receipt)
    if operation.op.startswith("create"):
        return f'creates "{change}"'
    return f"updates the description: {change}" if isinstance(operation, Redescribe) else change


def _approve(_: Plan) -> None: ...

"""psbot's runs in a simulated life: the real product over loopback HTTP, and what it did as happenings."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from types import TracebackType

from psbot.apply.apply import Tools
from psbot.apply.receipt import Outcome, Receipt
from psbot.core.desired.build import Words
from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding
from psbot.core.model.operations import CreateLabel, PostNotice, Redescribe
from psbot.core.model.process import Process
from psbot.core.notices.notice import identity
from psbot.core.plan.plan import Plan
from psbot.errors import PsbotError
from psbot.gitlab.connection import Connection
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import Patience
from psbot.gitlab.writer import GitLabWriter
from psbot.report import apply_rows as receipts
from psbot.report.timeline import Happening, Sort
from psbot.runs.portfolio import advance_many, reconcile_many
from psbot.runs.work import Reconciled, Work

WHO = "psbot"
_TIMEOUT_SECONDS = 30.0


class Command(StrEnum):
    """What psbot is started with."""

    APPLY = "apply"
    ADVANCE = "advance"


class Runs(AbstractContextManager["Runs"]):
    """psbot with a connection to one server; its waits take no time."""

    def __init__(self, url: str, token: str, process: Process, words: Words) -> None:
        self.process = process
        self.words = words
        self._seconds = 0.0
        self._patience = Patience(process.limits.rate_limit_seconds, self._wait)
        server = Server(url, token, connections=1, timeout=_TIMEOUT_SECONDS)
        self._connection = Connection(server, self._patience)
        self._known: dict[Command, frozenset[tuple[str, str | None]]] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._connection.close()

    def run(self, command: Command, engagement: Engagement, now: datetime) -> Reconciled | PsbotError:
        """Run psbot once; what went wrong before anything was written is returned, too."""
        limits, reader = self.process.limits, GitLabReader(self._connection, self.process.limits.page)
        tools = Tools(reader, GitLabWriter(self._connection), limits, lambda: self._seconds)
        work = Work(tools, self.process, self.words, now, self._patience)
        carry_out = advance_many if command is Command.ADVANCE else reconcile_many
        ((_, ended),) = carry_out([engagement], work, _yes)
        return ended

    def news(self, command: Command, engagement: Engagement, now: datetime) -> Iterator[Happening]:
        """Run psbot once and yield what it did, and what it found that was not known before."""
        ended = self.run(command, engagement, now)
        if isinstance(ended, PsbotError):
            yield Happening(now, Sort.FAILURE, WHO, str(ended))
            return
        yield from _done(ended, now)
        yield from self._found(command, ended, now)
        if ended.error:
            yield Happening(now, Sort.FAILURE, WHO, str(ended.error))

    def _found(self, command: Command, ended: Reconciled, now: datetime) -> Iterator[Happening]:
        """Yield new findings, except those that stand in a notice of this run."""
        others = {each for name, known in self._known.items() if name != command for each in known}
        told = {each.notice for each in ended.plan.operations if isinstance(each, PostNotice)}
        before = self._known.get(command, frozenset()) | others
        for finding in ended.plan.findings:
            if _key(finding) not in before and identity(finding) not in told:
                yield Happening(
                    now, Sort.FINDING, WHO, f"{finding.code}: {finding.message}", finding.item or finding.code
                )
        self._known[command] = frozenset(map(_key, ended.plan.findings))

    def _wait(self, seconds: float) -> None:
        self._seconds += seconds


def _key(finding: Finding) -> tuple[str, str | None]:
    return finding.code, finding.item


def _done(ended: Reconciled, now: datetime) -> Iterator[Happening]:
    labels = [each for each in ended.receipts if isinstance(each.operation, CreateLabel)]
    if labels:
        yield Happening(now, Sort.PSBOT, WHO, f"makes {len(labels)} labels", why=labels[0].operation.reason)
    for receipt in ended.receipts:
        if isinstance(receipt.operation, CreateLabel):
            continue
        name = receipts.name(receipt)
        if receipt.outcome is Outcome.DONE:
            yield Happening(now, Sort.PSBOT, WHO, _what(receipt), name, receipt.operation.reason)
        else:
            what = f"{receipt.operation.op} is {receipt.outcome.value}"
            yield Happening(now, Sort.FAILURE, WHO, what, name, receipt.reason)


def _what(receipt: Receipt) -> str:
    """Return in words what was done: a notice's own words, what changed, or else the operation's name."""
    operation = receipt.operation
    if isinstance(operation, PostNotice):
        words = operation.body.partition("\n")[2].strip()
        return f"{'edits its notice' if operation.note else 'notes'}: {words}"
    said = receipts.what(receipt)
    if operation.op.startswith("create"):
        return f"makes {said}"
    return f"rewrites what psbot keeps: {said}" if isinstance(operation, Redescribe) else said


def _yes(_: Plan) -> None: ...

"""What apply did, as one data set: JSON, text and Markdown are renderings of the same receipts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from psbot.apply import Outcome, Receipt
from psbot.core.findings import Finding, Severity
from psbot.core.inert import inert, linked
from psbot.core.operations import CreateLabel
from psbot.core.plan import Plan
from psbot.core.process import EPIC
from psbot.errors import PsbotError
from psbot.reconcile import Reconciled
from psbot.report.data import data_text
from psbot.report.plans import Row, cells, changes, row

SCHEMA = 1
_NAMED = 6  # items named before the rest is counted


@dataclass(frozen=True, slots=True)
class Applied:
    """How one engagement file ended: what was performed, or the error that came before anything was written."""

    file: str
    engagement: str
    plan: Plan | None = None
    receipts: tuple[Receipt, ...] = ()
    error: PsbotError | None = None

    @classmethod
    def of(cls, file: str, engagement: str, ended: Reconciled | PsbotError) -> "Applied":
        """Return how *engagement* ended."""
        if isinstance(ended, PsbotError):
            return cls(file, engagement, error=ended)
        return cls(file, engagement, ended.plan, ended.receipts, ended.error)

    @property
    def wants_attention(self) -> bool:
        """Tell whether somebody should look at a finding."""
        return any(each.severity is not Severity.INFO for each in self.findings)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what a person should know of the engagement."""
        return self.plan.findings if self.plan else ()

    def done(self) -> Iterator[Receipt]:
        """Yield the receipts of what is done, labels left out."""
        for receipt in self.receipts:
            if receipt.outcome is Outcome.DONE and not isinstance(receipt.operation, CreateLabel):
                yield receipt

    def epic_url(self) -> str | None:
        """Return the address of the epic where it was made or changed."""
        return next((each.url for each in self.done() if name(each) == EPIC and each.url), None)

    def undone(self) -> list[Receipt]:
        """Return the receipts of what is not done, or not known to be."""
        return [receipt for receipt in self.receipts if receipt.outcome is not Outcome.DONE]

    def refused(self) -> int:
        """Count what GitLab refused."""
        return sum(each.outcome is Outcome.REFUSED for each in self.receipts)

    def labels(self) -> int:
        """Count the labels that were made."""
        return sum(
            isinstance(each.operation, CreateLabel) and each.outcome is Outcome.DONE for each in self.receipts
        )


def reference(receipt: Receipt) -> str:
    """Return where the item of a receipt is, as people write it: ``group/project#3``, ``group&1``."""
    operation = receipt.operation
    if isinstance(operation, CreateLabel):
        return f"{operation.namespace}~{operation.spec.title}"
    iid = receipt.iid or operation.item.iid
    sign = "&" if operation.item.is_epic else "#"
    return f"{operation.item.namespace}{sign}{iid}" if iid else operation.item.namespace


def what(receipt: Receipt) -> str:
    """Return in one line what was done to an item and, where labels tell how far it is, why."""
    each = row(receipt.operation)
    if each.op.startswith("create"):
        return cells(each)[2]
    changed = changes(each)
    return "; ".join([*changed, each.reason] if "labels" in each.fields or not changed else changed)


def name(receipt: Receipt) -> str:
    """Return the key of the item, or the title of the label."""
    each: Row = row(receipt.operation)
    return each.marker or str(each.fields["title"][1])


def in_short(receipt: Receipt) -> dict[str, str | None]:
    """Return what became of one operation, as data."""
    return {
        "op": receipt.operation.op,
        "marker": name(receipt),
        "outcome": receipt.outcome.value,
        "reason": receipt.reason or None,
    }


def why_undone(receipts: Iterable[Receipt]) -> Iterator[str]:
    """Yield what did not happen and why, one line for all receipts of one outcome and one reason."""
    groups: dict[tuple[str, str], list[Receipt]] = {}
    for receipt in receipts:
        groups.setdefault((receipt.outcome.value, receipt.reason), []).append(receipt)
    for (outcome, reason), group in groups.items():
        labels = sum(isinstance(each.operation, CreateLabel) for each in group)
        names = list(
            dict.fromkeys(name(each) for each in group if not isinstance(each.operation, CreateLabel))
        )
        shown = [f"{labels} labels"] if labels else []
        shown += names[:_NAMED] + ([f"{len(names) - _NAMED} more"] if len(names) > _NAMED else [])
        yield f"{outcome:<8} {', '.join(shown)}: {reason}"


def totals(applied: Sequence[Applied]) -> dict[str, int]:
    """Count receipts by outcome, over all engagements."""
    counts = Counter(receipt.outcome.value for each in applied for receipt in each.receipts)
    return {outcome.value: counts[outcome.value] for outcome in Outcome}


def rendered(form: str, applied: Sequence[Applied], now: datetime) -> str:
    """Return *applied* as ``text``, ``json`` or ``markdown``."""
    if form == "json":
        return data_text(as_data(applied, now))
    if form == "markdown":
        return "\n".join(map(_markdown, applied))
    from psbot.report import text  # here, because rich is slow to import and only text needs it

    return "".join(map(text.applied, applied))


def as_data(applied: Sequence[Applied], now: datetime) -> dict[str, object]:
    """Return the receipts as one JSON object."""
    return {
        "schema": SCHEMA,
        "now": now.isoformat(),
        "engagements": [
            {
                "engagement": each.engagement,
                "file": each.file,
                "checksum": each.plan.checksum() if each.plan else None,
                "receipts": [_receipt(receipt) for receipt in each.receipts],
                "findings": [
                    {"code": found.code, "severity": found.severity.value, "message": found.message}
                    for found in each.findings
                ],
                "error": str(each.error) if each.error else None,
            }
            for each in applied
        ],
        "summary": totals(applied),
    }


def _receipt(receipt: Receipt) -> dict[str, object]:
    each = row(receipt.operation)
    return {
        "op": each.op,
        "marker": each.marker,
        "target": {"namespace": each.namespace, "iid": receipt.iid or each.iid},
        "outcome": receipt.outcome.value,
        "url": receipt.url,
        "reason": receipt.reason or None,
    }


def _markdown(applied: Applied) -> str:
    lines = [f"### {inert(applied.engagement)}", ""]
    if applied.labels():
        lines.append(f"- {applied.labels()} labels made")
    lines += [f"- {inert(name(each))}: {inert(what(each))} ({_link(each)})" for each in applied.done()]
    lines += [f"- {inert(each)}" for each in why_undone(applied.undone())]
    if applied.error:
        lines.append(f"- **{inert(str(applied.error))}**")
    elif not applied.receipts:
        lines.append("Nothing to do.")
    lines += [f"- {each.severity.value}: {inert(each.message)}" for each in applied.findings]
    return "\n".join([*lines, ""])


def _link(receipt: Receipt) -> str:
    return linked(f"`{reference(receipt)}`", receipt.url)

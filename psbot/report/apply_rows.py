"""What apply and advance did, as rows that text, JSON and Markdown are rendered from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from psbot.apply.receipt import Outcome, Receipt
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.operations import CreateLabel
from psbot.core.model.process import EPIC
from psbot.core.plan.plan import Plan
from psbot.core.text.quantity import quantity
from psbot.errors import PsbotError
from psbot.report.plan_rows import OperationRow, field_changes, operation_row, table_cells
from psbot.runs.work import Reconciled

_MAX_NAMED = 6  # items named before the rest is counted


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result of one engagement file: what was done, or the error that came before anything was written."""

    file: str
    engagement: str
    plan: Plan | None = None
    receipts: tuple[Receipt, ...] = ()
    error: PsbotError | None = None

    @classmethod
    def of(cls, file: str, engagement: str, ended: Reconciled | PsbotError) -> "FileResult":
        """Return the result of *engagement*."""
        if isinstance(ended, PsbotError):
            return cls(file, engagement, error=ended)
        return cls(file, engagement, ended.plan, ended.receipts, ended.error)

    @property
    def needs_attention(self) -> bool:
        """Tell whether a person should look at a finding."""
        return any(each.severity is not Severity.INFO for each in self.findings)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings of the engagement."""
        return self.plan.findings if self.plan else ()

    def done(self) -> Iterator[Receipt]:
        """Yield the receipts of what is done, without labels."""
        for receipt in self.receipts:
            if receipt.outcome is Outcome.DONE and not isinstance(receipt.operation, CreateLabel):
                yield receipt

    def epic_url(self) -> str | None:
        """Return the address of the epic if it was created or changed."""
        return next((each.url for each in self.done() if receipt_name(each) == EPIC and each.url), None)

    def not_done(self) -> list[Receipt]:
        """Return the receipts of operations that were not done, or whose outcome is unknown."""
        return [receipt for receipt in self.receipts if receipt.outcome is not Outcome.DONE]

    def count_refused(self) -> int:
        """Count the operations that GitLab rejected."""
        return sum(each.outcome is Outcome.REFUSED for each in self.receipts)

    def count_created_labels(self) -> int:
        """Count the labels that were created."""
        return sum(
            isinstance(each.operation, CreateLabel) and each.outcome is Outcome.DONE for each in self.receipts
        )


def receipt_reference(receipt: Receipt) -> str:
    """Return the reference of a receipt's item as GitLab writes it: ``group/project#3``, ``group&1``."""
    operation = receipt.operation
    if isinstance(operation, CreateLabel):
        return f"{operation.namespace}~{operation.spec.title}"
    iid = receipt.iid or operation.item.iid
    sign = "&" if operation.item.is_epic else "#"
    return f"{operation.item.namespace}{sign}{iid}" if iid else operation.item.namespace


def describe_change(receipt: Receipt) -> str:
    """Return in one line what changed in an item and, where its labels changed, why."""
    each = operation_row(receipt.operation)
    if each.op.startswith("create"):
        return table_cells(each)[2]
    changed = field_changes(each)
    return "; ".join([*changed, each.reason] if "labels" in each.fields or not changed else changed)


def receipt_name(receipt: Receipt) -> str:
    """Return the key of the item, or the title of the label."""
    each: OperationRow = operation_row(receipt.operation)
    return each.marker or str(each.fields["title"][1])


def receipt_summary(receipt: Receipt) -> dict[str, str | None]:
    """Return the outcome of one operation as data."""
    return {
        "op": receipt.operation.op,
        "marker": receipt_name(receipt),
        "outcome": receipt.outcome.value,
        "reason": receipt.reason or None,
    }


def not_done_lines(receipts: Iterable[Receipt]) -> Iterator[str]:
    """Yield what was not done and why, one line per outcome and reason."""
    groups: dict[tuple[str, str], list[Receipt]] = {}
    for receipt in receipts:
        groups.setdefault((receipt.outcome.value, receipt.reason), []).append(receipt)
    for (outcome, reason), group in groups.items():
        labels = sum(isinstance(each.operation, CreateLabel) for each in group)
        names = list(
            dict.fromkeys(receipt_name(each) for each in group if not isinstance(each.operation, CreateLabel))
        )
        shown = [quantity(labels, "label")] if labels else []
        shown += names[:_MAX_NAMED] + ([f"{len(names) - _MAX_NAMED} more"] if len(names) > _MAX_NAMED else [])
        yield f"{outcome:<8} {', '.join(shown)}: {reason}"

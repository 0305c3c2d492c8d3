"""Renders what apply and advance did as text, JSON or Markdown."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from psbot.apply.receipt import Outcome, Receipt
from psbot.core.text.escape import escape_markdown, link_markdown
from psbot.core.text.quantity import quantity
from psbot.report.apply_rows import (
    FileResult,
    describe_change,
    not_done_lines,
    receipt_name,
    receipt_reference,
)
from psbot.report.forms import render
from psbot.report.json_text import finding_row
from psbot.report.plan_rows import operation_row

SCHEMA_VERSION = 1


def totals(results: Sequence[FileResult]) -> dict[str, int]:
    """Count receipts by outcome, over all engagements."""
    counts = Counter(receipt.outcome.value for each in results for receipt in each.receipts)
    return {outcome.value: counts[outcome.value] for outcome in Outcome}


def render_file_results(form: str, results: Sequence[FileResult], now: datetime) -> str:
    """Return *results* as ``text``, ``json`` or ``markdown``."""
    return render(
        form,
        text=lambda: _text(results),
        json=lambda: as_data(results, now),
        markdown=lambda: "\n".join(map(_result_markdown, results)),
    )


def _text(results: Sequence[FileResult]) -> str:
    from psbot.report.apply_text import apply_result_text  # here, because rich is slow to import

    return "".join(map(apply_result_text, results))


def as_data(results: Sequence[FileResult], now: datetime) -> dict[str, object]:
    """Return the receipts as one JSON object."""
    return {
        "schema": SCHEMA_VERSION,
        "now": now.isoformat(),
        "engagements": [
            {
                "engagement": each.engagement,
                "file": each.file,
                "checksum": each.plan.checksum() if each.plan else None,
                "receipts": [_receipt_data(receipt) for receipt in each.receipts],
                "findings": [finding_row(finding) for finding in each.findings],
                "error": str(each.error) if each.error else None,
            }
            for each in results
        ],
        "summary": totals(results),
    }


def _receipt_data(receipt: Receipt) -> dict[str, object]:
    each = operation_row(receipt.operation)
    return {
        "op": each.op,
        "marker": each.marker,
        "target": {"namespace": each.namespace, "iid": receipt.iid or each.iid},
        "outcome": receipt.outcome.value,
        "url": receipt.url,
        "reason": receipt.reason or None,
    }


def _result_markdown(result: FileResult) -> str:
    lines = [f"### {escape_markdown(result.engagement)}", ""]
    if labels := result.count_created_labels():
        lines.append(f"- {quantity(labels, 'label')} created")
    lines += [
        f"- {escape_markdown(receipt_name(each))}: {escape_markdown(describe_change(each))} ({_receipt_link(each)})"
        for each in result.done()
    ]
    lines += [f"- {escape_markdown(each)}" for each in not_done_lines(result.not_done())]
    if result.error:
        lines.append(f"- **{escape_markdown(str(result.error))}**")
    elif not result.receipts:
        lines.append("Nothing to do.")
    lines += [f"- {each.severity.value}: {escape_markdown(each.message)}" for each in result.findings]
    return "\n".join([*lines, ""])


def _receipt_link(receipt: Receipt) -> str:
    return link_markdown(f"`{receipt_reference(receipt)}`", receipt.url)

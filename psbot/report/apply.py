"""Apply."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from psbot.apply.receipt import Outcome, Receipt
from psbot.core.text.escape import escape_markdown, link_markdown
from psbot.report.apply_rows import (
    FileResult,
    describe_change,
    not_done_lines,
    receipt_name,
    receipt_reference,
)
from psbot.report.json_text import to_json
from psbot.report.plan_rows import operation_row

SCHEMA_VERSION = 1


def totals(applied: Sequence[FileResult]) -> dict[str, int]:
    """Count receipts by outcome, over all engagements."""
    counts = Counter(receipt.outcome.value for each in applied for receipt in each.receipts)
    return {outcome.value: counts[outcome.value] for outcome in Outcome}


def render_file_results(form: str, applied: Sequence[FileResult], now: datetime) -> str:
    """Return *applied* as ``text``, ``json`` or ``markdown``."""
    if form == "json":
        return to_json(as_data(applied, now))
    if form == "markdown":
        return "\n".join(map(_result_markdown, applied))
    from psbot.report.apply_text import (
        apply_result_text as applied_,  # here, because rich is slow to import and only text needs it
    )

    return "".join(map(applied_, applied))


def as_data(applied: Sequence[FileResult], now: datetime) -> dict[str, object]:
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


def _result_markdown(applied: FileResult) -> str:
    lines = [f"### {escape_markdown(applied.engagement)}", ""]
    if applied.count_created_labels():
        lines.append(f"- {applied.count_created_labels()} labels made")
    lines += [
        f"- {escape_markdown(receipt_name(each))}: {escape_markdown(describe_change(each))} ({_receipt_link(each)})"
        for each in applied.done()
    ]
    lines += [f"- {escape_markdown(each)}" for each in not_done_lines(applied.not_done())]
    if applied.error:
        lines.append(f"- **{escape_markdown(str(applied.error))}**")
    elif not applied.receipts:
        lines.append("Nothing to do.")
    lines += [f"- {each.severity.value}: {escape_markdown(each.message)}" for each in applied.findings]
    return "\n".join([*lines, ""])


def _receipt_link(receipt: Receipt) -> str:
    return link_markdown(f"`{receipt_reference(receipt)}`", receipt.url)

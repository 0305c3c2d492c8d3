"""Apply."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from psbot.apply.receipt import Outcome, Receipt
from psbot.core.text.escape import inert, linked
from psbot.report.apply_rows import Applied, name, reference, what, why_undone
from psbot.report.json_text import data_text
from psbot.report.plan_rows import row

SCHEMA = 1


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
    from psbot.report.apply_text import (
        applied as applied_,  # here, because rich is slow to import and only text needs it
    )

    return "".join(map(applied_, applied))


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

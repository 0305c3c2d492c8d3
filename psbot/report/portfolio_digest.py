"""Renders the results of portfolio digests: lines for people, data for programs."""

from collections.abc import Iterator

from psbot.core.model.operations import CreateChild, PostNotice
from psbot.core.text.quantity import quantity
from psbot.report.apply_rows import not_done_lines, receipt_summary
from psbot.runs.stale.portfolio_digests import DigestResult


def digest_line(each: DigestResult) -> str:
    """Return the result of the digest of one manager in one line."""
    where = each.reference or "no issue yet"
    return f"digest of {each.manager}, {where}: {quantity(each.findings, 'finding')}, {_digest_state(each)}"


def _digest_state(each: DigestResult) -> str:
    if each.not_done:
        return "incomplete"
    if each.is_postponed:
        return "postponed to the next run because a limit is reached"
    notices = [one.operation for one in each.receipts if isinstance(one.operation, PostNotice)]
    if any(notice.note_gid is None for notice in notices):
        return "posted"
    return "updated" if notices else "unchanged"


def digest_lines(each: DigestResult) -> Iterator[tuple[str, str]]:
    """Yield the lines of one digest, each with its style."""
    yield digest_line(each), ""
    yield from ((text, "yellow") for text in not_done_lines(each.not_done))


def digest_data(each: DigestResult) -> dict[str, object]:
    """Return the result of the digest of one manager."""
    return {
        "manager": each.manager,
        "item": each.reference or None,
        "findings": each.findings,
        "made": any(isinstance(receipt.operation, CreateChild) for receipt in each.receipts),
        "state": _digest_state(each),
        "receipts": [receipt_summary(receipt) for receipt in each.receipts],
        "left": each.is_postponed,
    }

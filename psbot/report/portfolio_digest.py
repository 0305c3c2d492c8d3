"""What became of the portfolio digests: lines for people, data for programs."""

from collections.abc import Iterator

from psbot.core.model.operations import CreateChild, PostNotice
from psbot.report.apply_rows import in_short, why_undone
from psbot.runs.stale.portfolio_digests import Digested


def line(each: Digested) -> str:
    """Return in one line what became of the digest of one manager."""
    where = each.item or "no issue yet"
    return f"digest of {each.manager}, {where}: {each.findings} findings, {_state(each)}"


def _state(each: Digested) -> str:
    if each.undone:
        return "not finished"
    if each.is_left:
        return "left to the next run, because a ceiling is reached"
    notices = [one.operation for one in each.receipts if isinstance(one.operation, PostNotice)]
    if any(notice.note is None for notice in notices):
        return "told anew"
    return "brought up to date" if notices else "as it was"


def lines(each: Digested) -> Iterator[tuple[str, str]]:
    """Yield the lines of one digest, each with its style."""
    yield line(each), ""
    yield from ((text, "yellow") for text in why_undone(each.undone))


def data(each: Digested) -> dict[str, object]:
    """Return what became of the digest of one manager."""
    return {
        "manager": each.manager,
        "item": each.item or None,
        "findings": each.findings,
        "made": any(isinstance(receipt.operation, CreateChild) for receipt in each.receipts),
        "state": _state(each),
        "receipts": [in_short(receipt) for receipt in each.receipts],
        "left": each.is_left,
    }

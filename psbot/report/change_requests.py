"""Renders change requests as text, JSON or Markdown."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from psbot.core.changes.amendment import describe
from psbot.core.text.escape import escape_markdown, link_markdown
from psbot.report.forms import render
from psbot.report.terminal import sections_text
from psbot.runs.change_requests import ChangeRequestStatus

SCHEMA_VERSION = 1
_NO_REQUEST = "no change requests"

RequestsByEngagement = Sequence[tuple[str, Sequence[ChangeRequestStatus]]]


def render_change_requests(form: str, shown: RequestsByEngagement, now: datetime) -> str:
    """Return change requests by engagement as ``text``, ``json`` or ``markdown``."""
    return render(
        form,
        text=lambda: _text(shown),
        json=lambda: as_data(shown, now),
        markdown=lambda: "".join(f"{line}\n" for line in _markdown(shown)),
    )


def as_data(shown: RequestsByEngagement, now: datetime) -> dict[str, object]:
    """Return the change requests as one JSON object."""
    engagements = [
        {"engagement": key, "change_requests": [_data(each) for each in requests]} for key, requests in shown
    ]
    return {"schema": SCHEMA_VERSION, "now": now.isoformat(), "engagements": engagements}


def _data(each: ChangeRequestStatus) -> dict[str, object]:
    change, decision = each.view, each.view.decision
    return {
        "item": each.item.key,
        "title": each.item.title,
        "url": each.item.url,
        "open": each.item.is_open,
        "change": each.state,
        "instrument": change.instrument,
        "because": change.because or None,
        "hours": change.hours_after - change.hours,
        "ends_on": str(change.ends_on_after) if change.ends_on_after != change.ends_on else None,
        "contract": change.contract_after if change.contract_after != change.contract else None,
        "missing": list(change.missing),
        "wrong": list(change.wrong),
        "approvers": list(change.approvers),
        "decided_by": decision.by if decision else None,
        "decided_on": decision.on.isoformat() if decision else None,
        "amendment": describe(each.missing_amendment) if each.missing_amendment else None,
        "findings": [{"code": found.code, "message": found.message} for found in each.findings],
    }


def _text(shown: RequestsByEngagement) -> str:
    chapters: list[tuple[str, list[tuple[str, str]]]] = []
    for key, requests in shown:
        rows = [
            row
            for each in requests
            for row in ((each.item.key, _state_line(each)), *(("", f"- {point}") for point in _details(each)))
        ]
        chapters.append((key, rows or [("", _NO_REQUEST)]))
    return sections_text(chapters)


def _markdown(shown: RequestsByEngagement) -> Iterator[str]:
    for key, requests in shown:
        yield f"### {key}\n"
        for each in requests:
            yield f"- {link_markdown(each.item.title, each.item.url)}: {escape_markdown(_state_line(each))}"
            yield from (f"  - {escape_markdown(point)}" for point in _details(each))
        yield "" if requests else "No change requests.\n"


def _state_line(each: ChangeRequestStatus) -> str:
    flag = "" if each.item.is_open else ", closed"
    instrument = f", {each.view.instrument}" if each.view.instrument else ""
    return f"{each.state or 'draft'}{instrument}{flag}"


def _details(each: ChangeRequestStatus) -> Iterator[str]:
    """Yield what matters about a change request, one line each; for closed ones only decisions and findings."""
    change = each.view
    if change.because:
        yield f"reason: {change.because}"
    if change.hours_after != change.hours:
        yield f"hours: {change.hours:g} → {change.hours_after:g}"
    if change.ends_on_after != change.ends_on:
        yield f"end date: {change.ends_on} → {change.ends_on_after}"
    if change.contract_after != change.contract:
        yield f"contract: {change.contract} → {change.contract_after}"
    if each.item.is_open and change.missing:
        yield f"missing: {', '.join(change.missing)}"
    if change.decision:
        yield f"decided by {change.decision.by} on {change.decision.on}"
    elif each.item.is_open and change.approvers:
        yield f"to be decided by {' or '.join(change.approvers)}"
    yield from (found.message for found in each.findings)

"""Change requests, as one data set: JSON, text and Markdown are renderings of the same."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from psbot.core.changes.amendment import lines_of
from psbot.core.text.escape import inert, linked
from psbot.report.json_text import data_text
from psbot.report.terminal import listed
from psbot.runs.change_requests import Requested

SCHEMA = 1
_NONE = "no change request"

Shown = Sequence[tuple[str, Sequence[Requested]]]


def rendered(form: str, shown: Shown, now: datetime) -> str:
    """Return change requests by engagement as ``text``, ``json`` or ``markdown``."""
    match form:
        case "json":
            return data_text(as_data(shown, now))
        case "markdown":
            return "".join(f"{line}\n" for line in _markdown(shown))
        case _:
            return _text(shown)


def as_data(shown: Shown, now: datetime) -> dict[str, object]:
    """Return the change requests as one JSON object."""
    engagements = [
        {"engagement": key, "change_requests": [_data(each) for each in requests]} for key, requests in shown
    ]
    return {"schema": SCHEMA, "now": now.isoformat(), "engagements": engagements}


def _data(each: Requested) -> dict[str, object]:
    change, decision = each.change, each.change.decision
    return {
        "item": each.item.key,
        "title": each.item.title,
        "url": each.item.url,
        "open": each.item.is_open,
        "change": each.value,
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
        "amendment": lines_of(each.lacking) if each.lacking else None,
        "findings": [{"code": found.code, "message": found.message} for found in each.findings],
    }


def _text(shown: Shown) -> str:
    chapters: list[tuple[str, list[tuple[str, str]]]] = []
    for key, requests in shown:
        rows = [
            row
            for each in requests
            for row in ((each.item.key, _standing(each)), *(("", f"- {point}") for point in _points(each)))
        ]
        chapters.append((key, rows or [("", _NONE)]))
    return listed(chapters)


def _markdown(shown: Shown) -> Iterator[str]:
    for key, requests in shown:
        yield f"### {key}\n"
        for each in requests:
            yield f"- {linked(each.item.title, each.item.url)}: {inert(_standing(each))}"
            yield from (f"  - {inert(point)}" for point in _points(each))
        yield "" if requests else f"There is {_NONE}.\n"


def _standing(each: Requested) -> str:
    flag = "" if each.item.is_open else ", closed"
    instrument = f", {each.change.instrument}" if each.change.instrument else ""
    return f"{each.value or 'draft'}{instrument}{flag}"


def _points(each: Requested) -> Iterator[str]:
    """Yield what there is to know, a sentence each; of what is closed only what was found."""
    change = each.change
    if change.because:
        yield f"because {change.because}"
    if change.hours_after != change.hours:
        yield f"hours {change.hours:g}, then {change.hours_after:g}"
    if change.ends_on_after != change.ends_on:
        yield f"end {change.ends_on}, then {change.ends_on_after}"
    if change.contract_after != change.contract:
        yield f"contract {change.contract}, then {change.contract_after}"
    if each.item.is_open and change.missing:
        yield f"still to be filled: {', '.join(change.missing)}"
    if change.decision:
        yield f"decided by {change.decision.by} on {change.decision.on}"
    elif each.item.is_open and change.approvers:
        yield f"{' or '.join(change.approvers)} decides"
    yield from (found.message for found in each.findings)

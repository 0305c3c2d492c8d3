"""Where engagements stand, as one data set: JSON, text and Markdown are renderings of the same standings."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from psbot.core.model.finding import Severity
from psbot.core.status import ItemStanding, Mover, Standing
from psbot.core.text.escape import inert, linked, printable
from psbot.report.json_text import data_text
from psbot.report.terminal import console_in_memory, hang, stripped

SCHEMA = 1
_HEADS = ("engagement", "phase, since", "health", "late", "customer", "found", "next due")
_WIDE = (0, 6)  # the columns that share what is left
_SHOWN = 5  # open items that text shows of one engagement


def rendered(form: str, standings: Sequence[Standing], now: datetime) -> str:
    """Return *standings* as ``text``, ``json`` or ``markdown``."""
    match form:
        case "json":
            return data_text(as_data(standings, now))
        case "markdown":
            return _markdown(standings)
        case _ if len(standings) == 1:
            return _one(standings[0])
        case _:
            return _many(standings)


def as_data(standings: Sequence[Standing], now: datetime) -> dict[str, object]:
    """Return the standings as one JSON object."""
    return {"schema": SCHEMA, "now": now.isoformat(), "engagements": [_data(each) for each in standings]}


def _data(each: Standing) -> dict[str, object]:
    return {
        "engagement": each.engagement,
        "customer": each.customer,
        "sow": each.sow,
        "manager": each.manager,
        "lead": each.lead,
        "kick_off_on": each.kick_off_on.isoformat(),
        "ends_on": each.ends_on.isoformat(),
        "failure": each.failure,
        "in_gitlab": None if each.failure else each.is_in_gitlab,
        "phase": each.phase,
        "since": each.since.isoformat() if each.since else None,
        "label": each.label,
        "health": each.health,
        "url": each.url,
        "open": len(each.items),
        "closed": each.closed,
        "overdue": len(each.overdue),
        "overdue_days": each.overdue_days,
        "at_customer": len(each.at_customer),
        "next_due": each.next.key if each.next else None,
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity.value,
                "message": finding.message,
                "marker": finding.item,
            }
            for finding in each.findings
        ],
        "states": dict(each.states),
        "items": [
            {
                "marker": item.key,
                "title": item.title,
                "due_on": item.due_on.isoformat() if item.due_on else None,
                "assignee": item.assignee,
                "state": item.state,
                "severity": item.severity,
                "raised_as": item.heading,
                "overdue": item.is_overdue,
                "overdue_days": item.overdue_days,
                "waits_for": {"who": item.waiting.mover.value, "name": item.waiting.name},
                "target": {"namespace": item.namespace, "iid": item.iid},
                "url": item.url,
            }
            for item in each.items
        ],
    }


def _cells(each: Standing) -> tuple[str, ...]:
    """Return what a table shows: a day stands below what it belongs to."""
    found = len(each.found(Severity.ERROR)) + len(each.found(Severity.WARNING))
    if each.failure is not None or not each.is_in_gitlab:
        phase = "not in GitLab yet" if each.failure is None else "not read"
        return (each.engagement, phase, "", "", "", str(found or ""), "")
    late = f"{len(each.overdue)}, {each.overdue_days} d" if each.overdue else ""
    return (
        each.engagement,
        f"{each.phase or 'unclear'}\n{each.since or ''}".strip(),
        each.health or "",
        late,
        str(len(each.at_customer) or ""),
        str(found or ""),
        f"{each.next.due_on}\n{each.next.key}" if each.next else "",
    )


def _many(standings: Sequence[Standing]) -> str:
    console, out = console_in_memory()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, head in enumerate(_HEADS):
        table.add_column(head, overflow="fold", ratio=1 if number in _WIDE else None)
    for each in standings:
        table.add_row(*map(printable, _cells(each)), style="yellow" if each.wants_attention else None)
    if standings:
        console.print(table)
    return stripped(out)


def _one(each: Standing) -> str:
    console, out = console_in_memory()
    hang(console, f"{each.engagement}  {each.customer}, {each.sow}", "bold", indent=0)
    for name, value in _facts(each):
        hang(console, f"{name:<8} {value}", "")
    for finding in each.findings if each.is_in_gitlab else ():
        colour = "" if finding.severity is Severity.INFO else "yellow"
        hang(console, f"{finding.severity.value:<8} {finding.message}", colour)
    for word, items in (("late", each.overdue), ("next", _upcoming(each))):
        _dated(console, word, items)
    for heading, items in each.raised.items():
        _chapter(console, heading, items)
    if each.url:
        hang(console, each.url, "dim")
    return stripped(out)


def _dated(console: Console, word: str, items: Sequence[ItemStanding]) -> None:
    for item in items[:_SHOWN]:
        hang(console, f"{word:<8} {_line(item)}", "yellow" if item.is_overdue else "")
    if len(items) > _SHOWN:
        hang(console, f"{'':<8} and {len(items) - _SHOWN} more", "dim")


def _chapter(console: Console, heading: str, items: Sequence[ItemStanding]) -> None:
    hang(console, heading.lower(), "bold")
    for item in items[:_SHOWN]:
        hang(console, _raised(item), "", indent=4)
    if len(items) > _SHOWN:
        hang(console, f"and {len(items) - _SHOWN} more", "dim", indent=4)


def _raised(item: ItemStanding) -> str:
    shown = [item.severity, item.state, item.assignee or "nobody owns it"]
    return f"{item.key} {item.title}: {', '.join(each for each in shown if each)}"


def _upcoming(each: Standing) -> tuple[ItemStanding, ...]:
    return tuple(item for item in each.items if item.due_on and not item.is_overdue)


def _facts(each: Standing) -> Iterator[tuple[str, str]]:
    people = f"{each.manager} manages" + (f", {each.lead} leads" if each.lead else ", nobody leads yet")
    yield "people", people
    yield "dates", f"{each.kick_off_on} to {each.ends_on}"
    if each.failure is not None:
        yield "phase", f"could not be read: {each.failure}"
        return
    if not each.is_in_gitlab:
        yield "phase", "not in GitLab yet; psbot apply makes it"
        return
    yield "phase", _phase(each)
    if each.health:
        yield "health", each.health
    states = ", ".join(f"{count} {state}" for state, count in each.states.items())
    yield "items", f"{len(each.items)} open" + (f" ({states})" if states else "") + f", {each.closed} closed"


def _phase(each: Standing) -> str:
    if each.phase is None:
        return "unclear: the epic has no phase label, or several"
    since = f"{each.phase} since {each.since}" if each.since else each.phase
    return (
        since if each.label == each.phase else f"{since}; the label shows {each.label or 'none, or several'}"
    )


def _line(item: ItemStanding) -> str:
    state = item.state or "state unclear"
    match item.waiting.mover:
        case Mover.CUSTOMER:
            who = f"{item.waiting.name} has the next move"
        case Mover.GATE:
            state, who = f"{state}: {item.waiting.name}", item.assignee or "nobody"
        case _:
            who = item.waiting.name
    return f"{item.due_on}  {item.key}, {who}, {state}"


def _markdown(standings: Sequence[Standing]) -> str:
    lines = [f"| {' | '.join(_HEADS)} |", f"|{' --- |' * len(_HEADS)}"]
    for each in standings:
        first, *rest = map(inert, _cells(each))
        lines.append(f"| {' | '.join([linked(first, each.url), *rest])} |")
    return "\n".join(lines) + "\n"

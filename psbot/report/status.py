"""Renders the status of engagements as text, JSON or Markdown."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from psbot.core.model.finding import Severity
from psbot.core.status import EngagementStatus, ItemStatus, NextActor
from psbot.core.text.escape import escape_markdown, link_markdown, replace_control_characters
from psbot.report.forms import render
from psbot.report.json_text import finding_row
from psbot.report.terminal import captured_text, console_in_memory, print_indented

SCHEMA_VERSION = 1
_HEADERS = ("engagement", "phase, since", "health", "late", "customer", "findings", "next due")
_WIDE_COLUMNS = (0, 6)  # the columns that share what is left
_MAX_ITEMS = 5  # open items that text shows of one engagement


def render_status(form: str, statuses: Sequence[EngagementStatus], now: datetime) -> str:
    """Return *statuses* as ``text``, ``json`` or ``markdown``; of a single engagement text shows the details."""
    return render(
        form,
        text=lambda: _single_text(statuses[0]) if len(statuses) == 1 else _table_text(statuses),
        json=lambda: as_data(statuses, now),
        markdown=lambda: _markdown(statuses),
    )


def as_data(statuses: Sequence[EngagementStatus], now: datetime) -> dict[str, object]:
    """Return the statuses as one JSON object."""
    return {
        "schema": SCHEMA_VERSION,
        "now": now.isoformat(),
        "engagements": [_status_data(each) for each in statuses],
    }


def _status_data(each: EngagementStatus) -> dict[str, object]:
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
        "since": each.phase_since.isoformat() if each.phase_since else None,
        "label": each.phase_label,
        "health": each.health,
        "url": each.url,
        "open": len(each.items),
        "closed": each.closed,
        "overdue": len(each.overdue),
        "overdue_days": each.overdue_days,
        "at_customer": len(each.waiting_for_customer),
        "next_due": each.next_item.key if each.next_item else None,
        "findings": [finding_row(finding) | {"marker": finding.item} for finding in each.findings],
        "states": dict(each.states),
        "items": [_item_data(item) for item in each.items],
    }


def _item_data(item: ItemStatus) -> dict[str, object]:
    return {
        "marker": item.key,
        "title": item.title,
        "due_on": item.due_on.isoformat() if item.due_on else None,
        "assignee": item.assignee,
        "state": item.state,
        "severity": item.severity,
        "raised_as": item.raid_heading,
        "overdue": item.is_overdue,
        "overdue_days": item.overdue_days,
        "waits_for": {"who": item.waiting.actor.value, "name": item.waiting.name},
        "target": {"namespace": item.namespace, "iid": item.iid},
        "url": item.url,
    }


def _table_cells(each: EngagementStatus) -> tuple[str, ...]:
    """Return the cells of a table; a date is below what it belongs to."""
    found = len(each.findings_of(Severity.ERROR)) + len(each.findings_of(Severity.WARNING))
    if each.failure is not None or not each.is_in_gitlab:
        phase = "not in GitLab yet" if each.failure is None else "not read"
        return (each.engagement, phase, "", "", "", str(found or ""), "")
    late = f"{len(each.overdue)}, {each.overdue_days} d" if each.overdue else ""
    return (
        each.engagement,
        f"{each.phase or 'unclear'}\n{each.phase_since or ''}".strip(),
        each.health or "",
        late,
        str(len(each.waiting_for_customer) or ""),
        str(found or ""),
        f"{each.next_item.due_on}\n{each.next_item.key}" if each.next_item else "",
    )


def _table_text(statuses: Sequence[EngagementStatus]) -> str:
    console, out = console_in_memory()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, head in enumerate(_HEADERS):
        table.add_column(head, overflow="fold", ratio=1 if number in _WIDE_COLUMNS else None)
    for each in statuses:
        table.add_row(
            *map(replace_control_characters, _table_cells(each)),
            style="yellow" if each.needs_attention else None,
        )
    if statuses:
        console.print(table)
    return captured_text(out)


def _single_text(each: EngagementStatus) -> str:
    console, out = console_in_memory()
    print_indented(console, f"{each.engagement}  {each.customer}, {each.sow}", "bold", indent=0)
    for name, value in _fact_rows(each):
        print_indented(console, f"{name:<8} {value}", "")
    for finding in each.findings if each.is_in_gitlab else ():
        colour = "" if finding.severity is Severity.INFO else "yellow"
        print_indented(console, f"{finding.severity.value:<8} {finding.message}", colour)
    for word, items in (("late", each.overdue), ("next", _upcoming(each))):
        _print_dated_items(console, word, items)
    for heading, items in each.raid_items.items():
        _print_raid_section(console, heading, items)
    if each.url:
        print_indented(console, each.url, "dim")
    return captured_text(out)


def _print_dated_items(console: Console, word: str, items: Sequence[ItemStatus]) -> None:
    for item in items[:_MAX_ITEMS]:
        print_indented(console, f"{word:<8} {_item_line(item)}", "yellow" if item.is_overdue else "")
    if len(items) > _MAX_ITEMS:
        print_indented(console, f"{'':<8} and {len(items) - _MAX_ITEMS} more", "dim")


def _print_raid_section(console: Console, heading: str, items: Sequence[ItemStatus]) -> None:
    print_indented(console, heading.lower(), "bold")
    for item in items[:_MAX_ITEMS]:
        print_indented(console, _raid_line(item), "", indent=4)
    if len(items) > _MAX_ITEMS:
        print_indented(console, f"and {len(items) - _MAX_ITEMS} more", "dim", indent=4)


def _raid_line(item: ItemStatus) -> str:
    shown = [item.severity, item.state, item.assignee or "no owner"]
    return f"{item.key} {item.title}: {', '.join(each for each in shown if each)}"


def _upcoming(each: EngagementStatus) -> tuple[ItemStatus, ...]:
    return tuple(item for item in each.items if item.due_on and not item.is_overdue)


def _fact_rows(each: EngagementStatus) -> Iterator[tuple[str, str]]:
    people = f"manager {each.manager}, " + (f"lead {each.lead}" if each.lead else "no lead yet")
    yield "people", people
    yield "dates", f"{each.kick_off_on} to {each.ends_on}"
    if each.failure is not None:
        yield "phase", f"could not be read: {each.failure}"
        return
    if not each.is_in_gitlab:
        yield "phase", "not in GitLab yet; run psbot apply to create it"
        return
    yield "phase", _phase_text(each)
    if each.health:
        yield "health", each.health
    states = ", ".join(f"{count} {state}" for state, count in each.states.items())
    yield "items", f"{len(each.items)} open" + (f" ({states})" if states else "") + f", {each.closed} closed"


def _phase_text(each: EngagementStatus) -> str:
    if each.phase is None:
        return "unclear: the epic has no phase label, or several"
    since = f"{each.phase} since {each.phase_since}" if each.phase_since else each.phase
    return (
        since
        if each.phase_label == each.phase
        else f"{since}; the label shows {each.phase_label or 'none, or several'}"
    )


def _item_line(item: ItemStatus) -> str:
    state = item.state or "state unclear"
    match item.waiting.actor:
        case NextActor.CUSTOMER:
            who = f"waiting for {item.waiting.name}"
        case NextActor.GATE:
            state, who = f"{state}: {item.waiting.name}", item.assignee or "no assignee"
        case _:
            who = item.waiting.name
    return f"{item.due_on}  {item.key}, {who}, {state}"


def _markdown(statuses: Sequence[EngagementStatus]) -> str:
    lines = [f"| {' | '.join(_HEADERS)} |", f"|{' --- |' * len(_HEADERS)}"]
    for each in statuses:
        first, *rest = map(escape_markdown, _table_cells(each))
        lines.append(f"| {' | '.join([link_markdown(first, each.url), *rest])} |")
    return "\n".join(lines) + "\n"

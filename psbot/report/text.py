"""Reports for people at a terminal: tables that fit 80 columns, colour only where the output is a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from psbot.apply import Receipt
from psbot.core.findings import Severity
from psbot.core.inert import printable
from psbot.core.plan import Plan
from psbot.core.process import Limits
from psbot.report import receipts, timelines
from psbot.report.plans import Planned, Row, cells, row, total_cost, total_summary
from psbot.report.receipts import Applied
from psbot.report.terminal import console_in_memory, hang, stripped
from psbot.report.timelines import Timeline
from psbot.simulation.timeline import Sort

_SIGNS = {
    "create-epic": ("+", "green"),
    "create-child": ("+", "green"),
    "close": ("×", "red"),
    "reopen": ("○", "green"),
}
_CHANGED = ("~", "yellow")
_SEVERITIES = {Severity.INFO: "cyan", Severity.WARNING: "yellow", Severity.ERROR: "red"}


def plans(planned: Sequence[Planned], limits: Limits) -> str:
    """Return *planned* as a person reads it before saying yes."""
    console, out = console_in_memory()
    for each in planned:
        _plan(console, each)
    if planned:
        console.print(_totals(planned, limits))
    return stripped(out)


def applied(each: Applied) -> str:
    """Return what became of one engagement, one line for each item."""
    console, out = console_in_memory()
    console.print(Text(printable(f"{each.engagement}  ({each.file})"), style="bold"))
    if labels := each.labels():
        console.print(Text(f"  + {labels} labels", style="green"))
    if done := list(each.done()):
        console.print(Padding(_receipts(done), (0, 0, 0, 1)))
    for line in receipts.why_undone(each.undone()):
        hang(console, line, "yellow")
    if each.plan:
        _remarks(console, each.plan)
    if not each.receipts and each.error is None:
        console.print(Text("  nothing to do", style="green"))
    if epic := each.epic_url():
        hang(console, epic, "dim")
    console.print()
    return stripped(out)


def _receipts(done: Sequence[Receipt]) -> Table:
    table = _columns(22, 34)
    for receipt in done:
        sign, colour = _SIGNS.get(receipt.operation.op, _CHANGED)
        texts = (sign, receipts.name(receipt), receipts.reference(receipt), receipts.what(receipt))
        table.add_row(*(Text(printable(text)) for text in texts), style=colour)
    return table


def _plan(console: Console, planned: Planned) -> None:
    plan = planned.plan
    head = Text(printable(f"{plan.engagement}"), style="bold")
    head.append(printable(f"  {planned.customer}, {planned.sow}  ({planned.file})"), style="not bold dim")
    console.print(head)
    rows = [row(operation) for operation in plan.operations]
    items = [each for each in rows if each.marker is not None]
    if missing := len(rows) - len(items):
        console.print(Text(f"  + {missing} labels in {rows[0].namespace}", style="green"))
    if items:
        console.print(Padding(_table(items), (0, 0, 0, 1)))
    if not rows:
        console.print(Text("  nothing to do", style="green"))
    _remarks(console, plan)
    if told := plan.notifications():
        hang(
            console,
            f"GitLab will notify {', '.join(f'{name} ({count})' for name, count in told.items())}",
            "dim",
        )
    if rows:
        hang(console, f"checksum {plan.checksum()}", "dim")
    console.print()


def _remarks(console: Console, plan: Plan) -> None:
    for kept in plan.kept:
        values = f"GitLab has {kept.gitlab or 'nothing'}, the file {kept.file or 'nothing'}"
        hang(console, f"kept    {kept.item} {kept.field}: {values}; {kept.reason}", "cyan")
    for finding in plan.findings:
        hang(console, f"{finding.severity.value:<8}{finding.message}", _SEVERITIES[finding.severity])


def _table(rows: Sequence[Row]) -> Table:
    table = _columns(28, 10, 12)
    for each in rows:
        sign, colour = _SIGNS.get(each.op, _CHANGED)
        texts = (sign, each.marker or "", *cells(each))
        table.add_row(*(Text(printable(text)) for text in texts), style=colour)
    return table


def _columns(*widths: int) -> Table:
    """Return a table without lines: a sign, columns of at most *widths*, and what is left for the last one."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(width=1)
    for width in widths:
        table.add_column(overflow="fold", max_width=width)
    table.add_column(overflow="fold", ratio=1)
    return table


def _totals(planned: Sequence[Planned], limits: Limits) -> Text:
    counts, cost = total_summary(planned), total_cost(planned, limits)
    what = f"{counts['create']} to create, {counts['update']} to update, {counts['close']} to close"
    return Text(f"{what}. Applying it takes about {cost.requests} requests and {cost.notes} notes.")


_SORTS = {Sort.PERSON: "", Sort.PSBOT: "cyan", Sort.FINDING: "yellow", Sort.FAILURE: "red"}


def timeline(life: Timeline) -> str:
    """Return a life as a person reads it, day by day."""
    console, out = console_in_memory()
    console.print(Text(printable(f"{life.engagement}  ({life.file})"), style="bold"))
    for day in timelines.told(life.days):
        console.print(Text(f"{day.on:%Y-%m-%d %A}", style="bold"))
        table = _columns(12, 20)
        for each in day.happenings:
            texts = (" ", each.who, each.item or "", timelines.said(each))
            table.add_row(*(Text(printable(text)) for text in texts), style=_SORTS[each.sort])
        console.print(table)
    for line in (timelines.ending(life), *life.never):
        console.print(Text(printable(line), style="dim"))
    return stripped(out)

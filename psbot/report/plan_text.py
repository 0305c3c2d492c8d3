"""Reports for people at a terminal: tables that fit 80 columns, colour only where the output is a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from psbot.core.model.process import Limits
from psbot.core.plan.plan import Plan
from psbot.core.text.escape import printable
from psbot.report.plan_rows import Planned, Row, cells, row, total_cost, total_summary
from psbot.report.terminal import _CHANGED, _SEVERITIES, _SIGNS, _columns, console_in_memory, hang, stripped


def plans(planned: Sequence[Planned], limits: Limits) -> str:
    """Return *planned* as a person reads it before saying yes."""
    console, out = console_in_memory()
    for each in planned:
        _plan(console, each)
    if planned:
        console.print(_totals(planned, limits))
    return stripped(out)


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


def _totals(planned: Sequence[Planned], limits: Limits) -> Text:
    counts, cost = total_summary(planned), total_cost(planned, limits)
    what = f"{counts['create']} to create, {counts['update']} to update, {counts['close']} to close"
    return Text(f"{what}. Applying it takes about {cost.requests} requests and {cost.notes} notes.")

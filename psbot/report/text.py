"""Reports for people at a terminal: tables that fit 80 columns, colour only where the output is a terminal."""

import os
import sys
from collections.abc import Sequence
from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from psbot.core.findings import Severity
from psbot.core.inert import printable
from psbot.core.process import Limits
from psbot.report.plans import Planned, Row, cells, row, total_cost, total_summary

PLAIN_WIDTH = 100
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
    console, out = _console()
    for each in planned:
        _plan(console, each)
    if planned:
        console.print(_totals(planned, limits))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _console() -> tuple[Console, StringIO]:
    """Return a console that writes to memory: as wide as the terminal, or plain and of one width."""
    out = StringIO()
    is_terminal = sys.stdout.isatty()
    width = None if is_terminal or os.environ.get("COLUMNS") else PLAIN_WIDTH
    console = Console(
        file=out, width=width, force_terminal=is_terminal, no_color=not is_terminal or "NO_COLOR" in os.environ,
        highlight=False, markup=False, emoji=False, soft_wrap=False,
    )  # fmt: skip
    return console, out


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
    for kept in plan.kept:
        values = f"GitLab has {kept.gitlab or 'nothing'}, the file {kept.file or 'nothing'}"
        _hang(console, f"kept   {kept.item} {kept.field}: {values}; {kept.reason}", "cyan")
    for finding in plan.findings:
        _hang(console, f"{finding.severity.value:<7}{finding.message}", _SEVERITIES[finding.severity])
    if told := plan.notifications():
        _hang(
            console,
            f"GitLab will notify {', '.join(f'{name} ({count})' for name, count in told.items())}",
            "dim",
        )
    if rows:
        _hang(console, f"checksum {plan.checksum()}", "dim")
    console.print()


def _hang(console: Console, text: str, style: str) -> None:
    console.print(Padding(Text(printable(text), style=style), (0, 0, 0, 2)))


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(width=1)
    table.add_column(overflow="fold", max_width=28)
    table.add_column(width=10)
    table.add_column(overflow="fold", max_width=12)
    table.add_column(overflow="fold", ratio=1)
    for each in rows:
        sign, colour = _SIGNS.get(each.op, _CHANGED)
        texts = (sign, each.marker or "", *cells(each))
        table.add_row(*(Text(printable(text)) for text in texts), style=colour)
    return table


def _totals(planned: Sequence[Planned], limits: Limits) -> Text:
    counts, cost = total_summary(planned), total_cost(planned, limits)
    what = f"{counts['create']} to create, {counts['update']} to update, {counts['close']} to close"
    return Text(f"{what}. Applying it takes about {cost.requests} requests and {cost.notes} notes.")

"""Renders plans for the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from psbot.core.model.process import Limits
from psbot.core.plan.plan import Plan
from psbot.core.text.escape import replace_control_characters
from psbot.core.text.quantity import quantity
from psbot.report.plan_rows import (
    FilePlan,
    OperationRow,
    cost_text,
    operation_row,
    table_cells,
    total_cost,
    total_summary,
)
from psbot.report.terminal import (
    CHANGED_SIGN,
    OPERATION_SIGNS,
    SEVERITY_STYLES,
    captured_text,
    console_in_memory,
    print_indented,
    sign_table,
)


def plans_text(plans: Sequence[FilePlan], limits: Limits) -> str:
    """Return *plans* as a person reviews them."""
    console, out = console_in_memory()
    for each in plans:
        _print_plan(console, each)
    if plans:
        console.print(_totals_line(plans, limits))
    return captured_text(out)


def _print_plan(console: Console, planned: FilePlan) -> None:
    plan = planned.plan
    head = Text(replace_control_characters(f"{plan.engagement}"), style="bold")
    head.append(
        replace_control_characters(f"  {planned.customer}, {planned.sow}  ({planned.file})"),
        style="not bold dim",
    )
    console.print(head)
    rows = [operation_row(operation) for operation in plan.operations]
    items = [each for each in rows if each.marker is not None]
    if labels := len(rows) - len(items):
        console.print(Text(f"  + {quantity(labels, 'label')} in {rows[0].namespace}", style="green"))
    if items:
        console.print(Padding(_operations_table(items), (0, 0, 0, 1)))
    if not rows:
        console.print(Text("  nothing to do", style="green"))
    print_findings(console, plan)
    if notified := plan.notifications():
        people = ", ".join(f"{name} ({count})" for name, count in notified.items())
        print_indented(console, f"GitLab will notify {people}", "dim")
    if rows:
        print_indented(console, f"checksum {plan.checksum()}", "dim")
    console.print()


def print_findings(console: Console, plan: Plan) -> None:
    """Print the values that the plan keeps, and its findings."""
    for kept in plan.kept:
        values = f"GitLab has {kept.gitlab or 'nothing'}, the file {kept.file or 'nothing'}"
        print_indented(console, f"kept    {kept.item} {kept.field}: {values}; {kept.reason}", "cyan")
    for finding in plan.findings:
        print_indented(
            console, f"{finding.severity.value:<8}{finding.message}", SEVERITY_STYLES[finding.severity]
        )


def _operations_table(rows: Sequence[OperationRow]) -> Table:
    table = sign_table(28, 10, 12)
    for each in rows:
        sign, colour = OPERATION_SIGNS.get(each.op, CHANGED_SIGN)
        texts = (sign, each.marker or "", *table_cells(each))
        table.add_row(*(Text(replace_control_characters(text)) for text in texts), style=colour)
    return table


def _totals_line(plans: Sequence[FilePlan], limits: Limits) -> Text:
    counts, cost = total_summary(plans), total_cost(plans, limits)
    what = f"{counts['create']} to create, {counts['update']} to update, {counts['close']} to close"
    return Text(f"{what}. Applying it takes about {cost_text(cost)}.")

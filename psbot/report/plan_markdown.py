"""Renders plans as Markdown for merge requests and pages; text from files and GitLab is escaped."""

from collections.abc import Sequence

from psbot.core.model.process import Limits
from psbot.core.text.escape import escape_markdown
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

COLLAPSE_FROM = 12  # rows


def plans_markdown(plans: Sequence[FilePlan], limits: Limits) -> str:
    """Return *plans* as Markdown."""
    parts = [_plan_markdown(each) for each in plans]
    counts, cost = total_summary(plans), total_cost(plans, limits)
    total = (
        f"**{counts['create']} to create, {counts['update']} to update, {counts['close']} to close.** "
        f"Applying it takes about {cost_text(cost)}.\n"
    )
    return "\n".join([*parts, total])


def _plan_markdown(planned: FilePlan) -> str:
    plan = planned.plan
    lines = [
        f"### {escape_markdown(plan.engagement)}: {escape_markdown(planned.customer)}, {escape_markdown(planned.sow)}",
        "",
    ]
    rows = [operation_row(operation) for operation in plan.operations]
    items = [each for each in rows if each.marker is not None]
    if labels := len(rows) - len(items):
        lines += [f"{quantity(labels, 'label')} to create in `{rows[0].namespace}`.", ""]
    if not rows:
        lines += ["Nothing to do.", ""]
    if items:
        lines += _collapsed(_operations_table(items), len(items))
    lines += [
        f"- kept: {escape_markdown(kept.item)} `{kept.field}`: GitLab has {escape_markdown(kept.gitlab or 'nothing')}, "
        f"the file {escape_markdown(kept.file or 'nothing')}; {escape_markdown(kept.reason)}"
        for kept in plan.kept
    ]
    lines += [f"- {finding.severity.value}: {escape_markdown(finding.message)}" for finding in plan.findings]
    if notified := plan.notifications():
        people = ", ".join(f"{escape_markdown(name)} ({count})" for name, count in notified.items())
        lines.append(f"- GitLab will notify {people}")
    lines += [f"- file {escape_markdown(planned.file)}, checksum `{plan.checksum()}`", ""]
    return "\n".join(lines)


def _collapsed(table: list[str], count: int) -> list[str]:
    if count < COLLAPSE_FROM:
        return [*table, ""]
    return [f"<details><summary>{quantity(count, 'operation')}</summary>", "", *table, "", "</details>", ""]


def _operations_table(rows: Sequence[OperationRow]) -> list[str]:
    head = ["| | item | due | for | what |", "| --- | --- | --- | --- | --- |"]
    return head + [f"| {' | '.join(_markdown_cells(each))} |" for each in rows]


def _markdown_cells(each: OperationRow) -> tuple[str, ...]:
    verb = each.op.removesuffix("-child").removesuffix("-epic")
    return (verb, f"`{each.marker}`", *map(escape_markdown, table_cells(each)))

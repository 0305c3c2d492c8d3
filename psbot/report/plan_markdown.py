"""Plans as Markdown for a merge request or a page; everything from files and GitLab is inert."""

from collections.abc import Sequence

from psbot.core.model.process import Limits
from psbot.core.text.escape import inert
from psbot.report.plan_rows import Planned, Row, cells, row, total_cost, total_summary

FOLDED_FROM = 12  # rows


def plans(planned: Sequence[Planned], limits: Limits) -> str:
    """Return *planned* as Markdown."""
    parts = [_plan(each) for each in planned]
    counts, cost = total_summary(planned), total_cost(planned, limits)
    total = (
        f"**{counts['create']} to create, {counts['update']} to update, {counts['close']} to close.** "
        f"Applying it takes about {cost.requests} requests and {cost.notes} notes.\n"
    )
    return "\n".join([*parts, total])


def _plan(planned: Planned) -> str:
    plan = planned.plan
    lines = [f"### {inert(plan.engagement)}: {inert(planned.customer)}, {inert(planned.sow)}", ""]
    rows = [row(operation) for operation in plan.operations]
    items = [each for each in rows if each.marker is not None]
    if missing := len(rows) - len(items):
        lines += [f"{missing} labels are made in `{rows[0].namespace}`.", ""]
    if not rows:
        lines += ["Nothing to do.", ""]
    if items:
        lines += _folded(_table(items), len(items))
    lines += [
        f"- kept: {inert(kept.item)} `{kept.field}`: GitLab has {inert(kept.gitlab or 'nothing')}, "
        f"the file {inert(kept.file or 'nothing')}; {inert(kept.reason)}"
        for kept in plan.kept
    ]
    lines += [f"- {finding.severity.value}: {inert(finding.message)}" for finding in plan.findings]
    if told := plan.notifications():
        lines.append(
            f"- GitLab will notify {', '.join(f'{inert(name)} ({count})' for name, count in told.items())}"
        )
    lines += [f"- file {inert(planned.file)}, checksum `{plan.checksum()}`", ""]
    return "\n".join(lines)


def _folded(table: list[str], count: int) -> list[str]:
    if count < FOLDED_FROM:
        return [*table, ""]
    return [f"<details><summary>{count} operations</summary>", "", *table, "", "</details>", ""]


def _table(rows: Sequence[Row]) -> list[str]:
    head = ["| | item | due | for | what |", "| --- | --- | --- | --- | --- |"]
    return head + [f"| {' | '.join(_cells(each))} |" for each in rows]


def _cells(each: Row) -> tuple[str, ...]:
    verb = each.op.removesuffix("-child").removesuffix("-epic")
    return (verb, f"`{each.marker}`", *map(inert, cells(each)))

"""What there is to say of one item, as one data set: JSON, text and Markdown are renderings of it."""

from collections.abc import Iterator
from datetime import datetime

from psbot.core.explain.explanation import Explanation
from psbot.core.explain.statement import Statement, Truth
from psbot.core.model.operations import CreateChild, CreateEpic, ItemOperation, Redescribe
from psbot.core.text.escape import escape_markdown, link_markdown
from psbot.report.json_text import to_json
from psbot.report.plan_rows import field_changes, operation_row

SCHEMA_VERSION = 1
_ACTIONS = {
    "create-epic": "make it",
    "create-child": "make it",
    "relabel": "change its labels",
    "retitle": "give it the file's title",
    "reschedule": "give it the file's dates",
    "reassign": "assign it",
    "redescribe": "rewrite psbot's part of its description",
    "post-notice": "write a notice on it",
    "close": "close it",
    "reopen": "open it again",
}


def render_explanation(form: str, each: Explanation, now: datetime) -> str:
    """Return *each* as ``text``, ``json`` or ``markdown``."""
    match form:
        case "json":
            return to_json(_as_data(each, now))
        case "markdown":
            return _markdown(each)
        case _:
            return _text(each)


def _next_steps(each: Explanation) -> Iterator[Statement]:
    """Yield what the next runs would do, and what people should know."""
    if each.key is not None:
        for command, operations in (("apply", each.apply), ("advance", each.advance)):
            said = [_operation_text(operation) for operation in operations] or ["would do nothing"]
            yield from (Statement(command, text) for text in said)
    for kept in each.kept:
        values = f"GitLab has {kept.gitlab or 'nothing'}, the file {kept.file or 'nothing'}"
        yield Statement("kept", f"{kept.field}: {values}; {kept.reason}")
    for finding in each.findings:
        yield Statement(finding.severity.value, finding.message)


def _operation_text(operation: ItemOperation) -> str:
    shown = operation_row(operation)
    what = [] if isinstance(operation, CreateEpic | CreateChild) else field_changes(shown)
    return f"would {_action_text(operation)}: {'; '.join([*what, shown.reason])}"


def _action_text(operation: ItemOperation) -> str:
    if isinstance(operation, Redescribe) and operation.parent:
        return "put it under the epic"
    if isinstance(operation, Redescribe) and operation.marker and not operation.sections:
        return "write its marker"
    return _ACTIONS[operation.op]


def _heading(each: Explanation) -> str:
    name = f"{each.engagement}/{each.key}" if each.key else str(each.reference)
    return f"{name}  {each.title}" if each.title else name


def _sections(each: Explanation) -> Iterator[tuple[str, tuple[Statement, ...]]]:
    for name, points in (("what", each.what), ("why", each.why), ("next", tuple(_next_steps(each)))):
        if points:
            yield name, points


# Text

_SIGNS = {Truth.YES: "yes", Truth.NO: "no", Truth.UNKNOWN: "?", Truth.INFO: ""}
_COLOURS = {Truth.YES: "green", Truth.NO: "yellow", Truth.UNKNOWN: "cyan", Truth.INFO: ""}


def _text(each: Explanation) -> str:
    from psbot.report.terminal import (  # rich is slow to import
        captured_text,
        console_in_memory,
        print_columns,
        print_indented,
    )

    console, out = console_in_memory()
    print_indented(console, _heading(each), "bold", indent=0)
    for line in filter(None, (each.reference if each.key else None, each.url)):
        print_indented(console, line, "dim")
    for name, points in _sections(each):
        print_indented(console, f"\n{name}", "bold", indent=0)
        rows = [
            ((about, _SIGNS[point.truth], f"{'· ' if is_part else ''}{point.text}"), _COLOURS[point.truth])
            for about, point, is_part in _rows(points)
        ]
        print_columns(console, rows, (9, 3))
    return captured_text(out)


def _rows(points: tuple[Statement, ...]) -> Iterator[tuple[str, Statement, bool]]:
    """Yield points with what they are about, said once, and what they are made of below them."""
    last = ""
    for point in points:
        yield point.about if point.about != last else "", point, False
        last = point.about
        for part in point.parts:
            yield "", part, True


# Markdown


def _markdown(each: Explanation) -> str:
    lines = [f"### {link_markdown(escape_markdown(_heading(each)), each.url)}", ""]
    for name, points in _sections(each):
        lines += [f"**{name}**", ""]
        for point in points:
            lines.append(f"- {_markdown_line(point)}")
            lines += [f"  - {_markdown_line(part)}" for part in point.parts]
        lines.append("")
    return "\n".join(lines)


def _markdown_line(point: Statement) -> str:
    sign = "" if point.truth is Truth.INFO else f" *{point.truth.value}*:"
    return f"{point.about}:{sign} {escape_markdown(point.text)}"


# JSON


def _as_data(each: Explanation, now: datetime) -> dict[str, object]:
    return {
        "schema": SCHEMA_VERSION,
        "now": now.isoformat(),
        "engagement": each.engagement,
        "marker": each.key,
        "reference": each.reference,
        "title": each.title,
        "url": each.url,
        "what": [_statement_data(point) for point in each.what],
        "why": [_statement_data(point) for point in each.why],
        "apply": [_operation_data(operation) for operation in each.apply],
        "advance": [_operation_data(operation) for operation in each.advance],
        "kept": [
            {
                "field": kept.field,
                "file": kept.file,
                "gitlab": kept.gitlab,
                "reason": kept.reason,
            }
            for kept in each.kept
        ],
        "findings": [
            {"code": finding.code, "severity": finding.severity.value, "message": finding.message}
            for finding in each.findings
        ],
    }


def _statement_data(point: Statement) -> dict[str, object]:
    parts = [_statement_data(part) for part in point.parts]
    return {"about": point.about, "says": point.truth.value, "text": point.text, "parts": parts}


def _operation_data(operation: ItemOperation) -> dict[str, object]:
    shown = operation_row(operation)
    return {"op": shown.op, "changes": field_changes(shown), "reason": shown.reason}

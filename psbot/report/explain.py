"""Renders the explanation of one item as text, JSON or Markdown."""

from collections.abc import Iterator
from datetime import datetime

from psbot.core.explain.explanation import Explanation
from psbot.core.explain.statement import Statement, Truth
from psbot.core.model.operations import CreateChild, CreateEpic, ItemOperation, Redescribe
from psbot.core.text.escape import escape_markdown, link_markdown
from psbot.report.forms import render
from psbot.report.json_text import finding_row
from psbot.report.plan_rows import field_changes, operation_row

SCHEMA_VERSION = 1
_ACTIONS = {
    "create-epic": "create it",
    "create-child": "create it",
    "relabel": "change its labels",
    "retitle": "set its title to the one in the file",
    "reschedule": "set its dates to those in the file",
    "reassign": "assign it",
    "redescribe": "update psbot's sections of its description",
    "post-notice": "post a notice on it",
    "close": "close it",
    "reopen": "reopen it",
}


def render_explanation(form: str, each: Explanation, now: datetime) -> str:
    """Return *each* as ``text``, ``json`` or ``markdown``."""
    return render(
        form,
        text=lambda: _text(each),
        json=lambda: _as_data(each, now),
        markdown=lambda: _markdown(each),
    )


def _next_steps(each: Explanation) -> Iterator[Statement]:
    """Yield what the next runs would do, what they keep, and the findings."""
    if each.key is not None:
        for command, operations in (("apply", each.apply), ("advance", each.advance)):
            texts = [_operation_text(operation) for operation in operations] or ["would do nothing"]
            yield from (Statement(command, text) for text in texts)
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
        return "make it a child of the epic"
    if isinstance(operation, Redescribe) and operation.marker and not operation.sections:
        return "add its marker"
    return _ACTIONS[operation.op]


def _heading(each: Explanation) -> str:
    name = f"{each.engagement}/{each.key}" if each.key else str(each.reference)
    return f"{name}  {each.title}" if each.title else name


def _sections(each: Explanation) -> Iterator[tuple[str, tuple[Statement, ...]]]:
    for name, statements in (("what", each.what), ("why", each.why), ("next", tuple(_next_steps(each)))):
        if statements:
            yield name, statements


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
    for name, statements in _sections(each):
        print_indented(console, f"\n{name}", "bold", indent=0)
        rows = [
            (
                (about, _SIGNS[statement.truth], f"{'· ' if is_part else ''}{statement.text}"),
                _COLOURS[statement.truth],
            )
            for about, statement, is_part in _rows(statements)
        ]
        print_columns(console, rows, (9, 3))
    return captured_text(out)


def _rows(statements: tuple[Statement, ...]) -> Iterator[tuple[str, Statement, bool]]:
    """Yield statements with their subject, named once, and the parts of each below it."""
    last = ""
    for statement in statements:
        yield statement.about if statement.about != last else "", statement, False
        last = statement.about
        for part in statement.parts:
            yield "", part, True


# Markdown


def _markdown(each: Explanation) -> str:
    lines = [f"### {link_markdown(escape_markdown(_heading(each)), each.url)}", ""]
    for name, statements in _sections(each):
        lines += [f"**{name}**", ""]
        for statement in statements:
            lines.append(f"- {_markdown_line(statement)}")
            lines += [f"  - {_markdown_line(part)}" for part in statement.parts]
        lines.append("")
    return "\n".join(lines)


def _markdown_line(statement: Statement) -> str:
    sign = "" if statement.truth is Truth.INFO else f" *{statement.truth.value}*:"
    return f"{statement.about}:{sign} {escape_markdown(statement.text)}"


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
        "what": [_statement_data(statement) for statement in each.what],
        "why": [_statement_data(statement) for statement in each.why],
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
        "findings": [finding_row(finding) for finding in each.findings],
    }


def _statement_data(statement: Statement) -> dict[str, object]:
    parts = [_statement_data(part) for part in statement.parts]
    return {"about": statement.about, "says": statement.truth.value, "text": statement.text, "parts": parts}


def _operation_data(operation: ItemOperation) -> dict[str, object]:
    shown = operation_row(operation)
    return {"op": shown.op, "changes": field_changes(shown), "reason": shown.reason}

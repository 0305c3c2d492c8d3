"""What there is to say of one item, as one data set: JSON, text and Markdown are renderings of it."""

from collections.abc import Iterator
from datetime import datetime

from psbot.core.explain.explanation import Explanation
from psbot.core.explain.statement import Point, Says
from psbot.core.model.operations import CreateChild, CreateEpic, ItemOperation, Redescribe
from psbot.core.text.escape import inert, linked
from psbot.report.json_text import data_text
from psbot.report.plan_rows import changes, row

SCHEMA = 1
_VERBS = {
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


def rendered(form: str, each: Explanation, now: datetime) -> str:
    """Return *each* as ``text``, ``json`` or ``markdown``."""
    match form:
        case "json":
            return data_text(_as_data(each, now))
        case "markdown":
            return _markdown(each)
        case _:
            return _text(each)


def _next(each: Explanation) -> Iterator[Point]:
    """Yield what the next runs would do, and what people should know."""
    if each.key is not None:
        for command, operations in (("apply", each.apply), ("advance", each.advance)):
            said = [_said(operation) for operation in operations] or ["would do nothing"]
            yield from (Point(command, text) for text in said)
    for kept in each.kept:
        values = f"GitLab has {kept.gitlab or 'nothing'}, the file {kept.file or 'nothing'}"
        yield Point("kept", f"{kept.field}: {values}; {kept.reason}")
    for finding in each.findings:
        yield Point(finding.severity.value, finding.message)


def _said(operation: ItemOperation) -> str:
    shown = row(operation)
    what = [] if isinstance(operation, CreateEpic | CreateChild) else changes(shown)
    return f"would {_verb(operation)}: {'; '.join([*what, shown.reason])}"


def _verb(operation: ItemOperation) -> str:
    if isinstance(operation, Redescribe) and operation.parent:
        return "put it under the epic"
    if isinstance(operation, Redescribe) and operation.marker and not operation.sections:
        return "write its marker"
    return _VERBS[operation.op]


def _head(each: Explanation) -> str:
    name = f"{each.engagement}/{each.key}" if each.key else str(each.reference)
    return f"{name}  {each.title}" if each.title else name


def _chapters(each: Explanation) -> Iterator[tuple[str, tuple[Point, ...]]]:
    for name, points in (("what", each.what), ("why", each.why), ("next", tuple(_next(each)))):
        if points:
            yield name, points


# Text

_SIGNS = {Says.YES: "yes", Says.NO: "no", Says.UNKNOWN: "?", Says.TOLD: ""}
_COLOURS = {Says.YES: "green", Says.NO: "yellow", Says.UNKNOWN: "cyan", Says.TOLD: ""}


def _text(each: Explanation) -> str:
    from psbot.report.terminal import columns, console_in_memory, hang, stripped  # rich is slow to import

    console, out = console_in_memory()
    hang(console, _head(each), "bold", indent=0)
    for line in filter(None, (each.reference if each.key else None, each.url)):
        hang(console, line, "dim")
    for name, points in _chapters(each):
        hang(console, f"\n{name}", "bold", indent=0)
        rows = [
            ((about, _SIGNS[point.says], f"{'· ' if is_part else ''}{point.text}"), _COLOURS[point.says])
            for about, point, is_part in _rows(points)
        ]
        columns(console, rows, (9, 3))
    return stripped(out)


def _rows(points: tuple[Point, ...]) -> Iterator[tuple[str, Point, bool]]:
    """Yield points with what they are about, said once, and what they are made of below them."""
    last = ""
    for point in points:
        yield point.about if point.about != last else "", point, False
        last = point.about
        for part in point.parts:
            yield "", part, True


# Markdown


def _markdown(each: Explanation) -> str:
    lines = [f"### {linked(inert(_head(each)), each.url)}", ""]
    for name, points in _chapters(each):
        lines += [f"**{name}**", ""]
        for point in points:
            lines.append(f"- {_marked(point)}")
            lines += [f"  - {_marked(part)}" for part in point.parts]
        lines.append("")
    return "\n".join(lines)


def _marked(point: Point) -> str:
    sign = "" if point.says is Says.TOLD else f" *{point.says.value}*:"
    return f"{point.about}:{sign} {inert(point.text)}"


# JSON


def _as_data(each: Explanation, now: datetime) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "now": now.isoformat(),
        "engagement": each.engagement,
        "marker": each.key,
        "reference": each.reference,
        "title": each.title,
        "url": each.url,
        "what": [_point(point) for point in each.what],
        "why": [_point(point) for point in each.why],
        "apply": [_operation(operation) for operation in each.apply],
        "advance": [_operation(operation) for operation in each.advance],
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


def _point(point: Point) -> dict[str, object]:
    parts = [_point(part) for part in point.parts]
    return {"about": point.about, "says": point.says.value, "text": point.text, "parts": parts}


def _operation(operation: ItemOperation) -> dict[str, object]:
    shown = row(operation)
    return {"op": shown.op, "changes": changes(shown), "reason": shown.reason}

"""Renders what a probe of GitLab has found: each expectation, what was seen, and whether it was met."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from psbot.core.text.escape import escape_markdown, replace_control_characters
from psbot.core.text.quantity import quantity
from psbot.doctor.probe.expectation import Outcome, Result
from psbot.doctor.probe.run import ProbeReport
from psbot.report.forms import render
from psbot.report.terminal import captured_text, console_in_memory

SCHEMA_VERSION = 1
_STYLES = {Outcome.MET: "green", Outcome.NOT_MET: "red", Outcome.NOT_CHECKED: "yellow"}


def render_probe(form: str, report: ProbeReport, now: datetime) -> str:
    """Return *report* as ``text``, ``json`` or ``markdown``."""
    return render(
        form,
        text=lambda: _text(report),
        json=lambda: _as_data(report, now),
        markdown=lambda: "\n".join(_markdown(report, now)) + "\n",
    )


def summary(report: ProbeReport) -> str:
    """Return how many expectations are met, in one sentence."""
    parts = [f"{report.count(Outcome.MET)} of {quantity(len(report.results), 'expectation')} met"]
    if count := report.count(Outcome.NOT_MET):
        parts.append(f"{count} not met")
    if count := report.count(Outcome.NOT_CHECKED):
        parts.append(f"{count} could not be checked")
    return ", ".join(parts)


def _server(report: ProbeReport) -> str:
    return f"GitLab {report.plan.server.version}"


def _account(report: ProbeReport) -> str:
    author = report.plan.server.author
    kind = "a machine account" if author and author.is_machine else "a person's account"
    return f"{kind} with the role {report.plan.role}"


def _text(report: ProbeReport) -> str:
    console, out = console_in_memory()
    console.print(Text(f"{_server(report)}, probed with {_account(report)}", style="bold"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(width=max(map(len, Outcome)))
    table.add_column(overflow="fold", ratio=1)
    for each in report.results:
        seen = replace_control_characters(each.seen)
        text = f"{each.expectation.name}: {seen}"
        if each.outcome is Outcome.NOT_MET:
            text += f"\n→ expected: {each.expectation.sentence}"
        table.add_row(each.outcome.value, Text(text), style=_STYLES[each.outcome])
    console.print(Padding(table, (0, 0, 0, 1)))
    console.print(summary(report))
    return captured_text(out)


def _markdown(report: ProbeReport, now: datetime) -> Iterator[str]:
    yield "# Probe of GitLab by psbot"
    yield ""
    yield f"- psbot {version('psbot')}, {now:%Y-%m-%d}"
    yield f"- {escape_markdown(_server(report))}, {_account(report)}"
    yield f"- {summary(report)}"
    for each in report.left:
        yield f"- left behind: {escape_markdown(each)}"
    yield ""
    yield "| expectation | seen | ok |"
    yield "| --- | --- | --- |"
    for result in report.results:
        sentence = escape_markdown(result.expectation.sentence)
        yield f"| `{result.expectation.name}`: {sentence} | {escape_markdown(result.seen)} | {result.outcome.value} |"


def _as_data(report: ProbeReport, now: datetime) -> Mapping[str, object]:
    return {
        "schema": SCHEMA_VERSION,
        "now": now.isoformat(),
        "gitlab": report.plan.server.version,
        "role": report.plan.role,
        "expectations": list(map(_result_data, report.results)),
        "left": list(report.left),
    }


def _result_data(result: Result) -> Mapping[str, object]:
    each = result.expectation
    return {
        "name": each.name,
        "expected": each.sentence,
        "seen": result.seen,
        "outcome": result.outcome.value,
    }

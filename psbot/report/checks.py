"""Renders the checks of labels and doctor: one line per check, with how to fix it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from psbot.core.text.escape import escape_markdown, replace_control_characters
from psbot.doctor.check import Check, CheckResult
from psbot.doctor.permissions import Requirement, requirement_rows
from psbot.report.forms import render
from psbot.report.terminal import captured_text, console_in_memory, print_indented

SCHEMA_VERSION = 1
_REQUIREMENTS_TITLE = "Token scope and account role that each command needs"
_RESULT_WIDTH = max(map(len, CheckResult))

_STYLES = {
    CheckResult.OK: "green",
    CheckResult.NOTE: "",
    CheckResult.WARNING: "yellow",
    CheckResult.UNKNOWN: "yellow",
    CheckResult.MISSING: "red",
}


def render_checks(
    form: str, checks: Sequence[Check], now: datetime, needs: Mapping[str, Requirement] | None = None
) -> str:
    """Return *checks*, and the requirements of commands where given, as ``text``, ``json`` or ``markdown``."""
    return render(
        form,
        text=lambda: _text(checks, needs or {}),
        json=lambda: _as_data(checks, now, needs),
        markdown=lambda: "".join(_markdown(checks, needs or {})),
    )


def _as_data(
    checks: Sequence[Check], now: datetime, needs: Mapping[str, Requirement] | None
) -> Mapping[str, object]:
    data = {"schema": SCHEMA_VERSION, "now": now.isoformat(), "checks": list(map(_check_data, checks))}
    return data if needs is None else data | {"needs": _requirements_data(needs)}


def _check_data(check: Check) -> Mapping[str, object]:
    return {
        "about": check.subject,
        "verdict": check.result.value,
        "found": check.message,
        "fix": check.fix or None,
        "mend": check.fix or None,  # deprecated name of `fix`, removed in the next release
    }


def _requirements_data(needs: Mapping[str, Requirement]) -> list[Mapping[str, str]]:
    return [{"command": command, "scope": need.scope, "role": need.role} for command, need in needs.items()]


def _text(checks: Sequence[Check], needs: Mapping[str, Requirement]) -> str:
    console, out = console_in_memory()
    for about, group in groupby(checks, key=lambda check: check.subject):
        print_indented(console, about, "bold", indent=0)
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
        table.add_column(width=_RESULT_WIDTH)
        table.add_column(overflow="fold", ratio=1)
        for check in group:
            text = f"{check.message}\n→ {check.fix}" if check.fix else check.message
            table.add_row(
                check.result.value, Text(replace_control_characters(text)), style=_STYLES[check.result]
            )
        console.print(Padding(table, (0, 0, 0, 1)))
    if needs:
        print_indented(console, _REQUIREMENTS_TITLE, "bold", indent=0)
        for names, scope, role in requirement_rows(needs):
            print_indented(console, f"{names}: {scope}; {role}", "")
    return captured_text(out)


def _markdown(checks: Sequence[Check], needs: Mapping[str, Requirement]) -> Iterator[str]:
    yield "| subject | result | details | fix |\n| --- | --- | --- | --- |\n"
    for check in checks:
        cells = map(escape_markdown, (check.subject, check.result.value, check.message, check.fix))
        yield f"| {' | '.join(cells)} |\n"
    if needs:
        yield f"\n{_REQUIREMENTS_TITLE}:\n\n| command | scope | role |\n| --- | --- | --- |\n"
        for names, scope, role in requirement_rows(needs):
            yield f"| {names} | `{scope}` | {role} |\n"

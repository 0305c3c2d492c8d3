"""What labels and doctor find, as one data set: one line a check, with what to do about it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from psbot.core.text.escape import inert, printable
from psbot.doctor.check import Check, Verdict
from psbot.doctor.permissions import Need, rows
from psbot.report.json_text import data_text
from psbot.report.terminal import console_in_memory, hang, stripped

SCHEMA = 1
_NEEDED = "What each command needs of the token and the account's role"
_WIDEST = max(map(len, Verdict))

_STYLES = {
    Verdict.OK: "green",
    Verdict.NOTE: "",
    Verdict.WARNING: "yellow",
    Verdict.UNKNOWN: "yellow",
    Verdict.MISSING: "red",
}


def rendered(
    form: str, checks: Sequence[Check], now: datetime, needs: Mapping[str, Need] | None = None
) -> str:
    """Return *checks*, and what commands need where that is given, as ``text``, ``json`` or ``markdown``."""
    if form == "json":
        data = {"schema": SCHEMA, "now": now.isoformat(), "checks": list(map(_data, checks))}
        return data_text(data if needs is None else data | {"needs": _needs(needs)})
    return "".join(_markdown(checks, needs or {})) if form == "markdown" else _text(checks, needs or {})


def _data(check: Check) -> Mapping[str, object]:
    return {
        "about": check.about,
        "verdict": check.verdict.value,
        "found": check.found,
        "mend": check.mend or None,
    }


def _needs(needs: Mapping[str, Need]) -> list[Mapping[str, str]]:
    return [{"command": command, "scope": need.scope, "role": need.role} for command, need in needs.items()]


def _text(checks: Sequence[Check], needs: Mapping[str, Need]) -> str:
    console, out = console_in_memory()
    for about, group in groupby(checks, key=lambda check: check.about):
        hang(console, about, "bold", indent=0)
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
        table.add_column(width=_WIDEST)
        table.add_column(overflow="fold", ratio=1)
        for check in group:
            told = f"{check.found}\n→ {check.mend}" if check.mend else check.found
            table.add_row(check.verdict.value, Text(printable(told)), style=_STYLES[check.verdict])
        console.print(Padding(table, (0, 0, 0, 1)))
    if needs:
        hang(console, _NEEDED, "bold", indent=0)
        for names, scope, role in rows(needs):
            hang(console, f"{names}: {scope}; {role}", "")
    return stripped(out)


def _markdown(checks: Sequence[Check], needs: Mapping[str, Need]) -> Iterator[str]:
    yield "| about | verdict | found | what to do |\n| --- | --- | --- | --- |\n"
    for check in checks:
        cells = map(inert, (check.about, check.verdict.value, check.found, check.mend))
        yield f"| {' | '.join(cells)} |\n"
    if needs:
        yield f"\n{_NEEDED}:\n\n| command | scope | role |\n| --- | --- | --- |\n"
        for names, scope, role in rows(needs):
            yield f"| {names} | `{scope}` | {role} |\n"

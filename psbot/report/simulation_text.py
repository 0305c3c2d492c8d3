"""Simulation text."""

from rich.text import Text

from psbot.core.text.escape import printable
from psbot.report.terminal import _columns, console_in_memory, stripped
from psbot.report.timeline import Sort, Timeline, ending, said, told

_SORTS = {Sort.PERSON: "", Sort.PSBOT: "cyan", Sort.FINDING: "yellow", Sort.FAILURE: "red"}


def timeline(life: Timeline) -> str:
    """Return a life as a person reads it, day by day."""
    console, out = console_in_memory()
    console.print(Text(printable(f"{life.engagement}  ({life.file})"), style="bold"))
    for day in told(life.days):
        console.print(Text(f"{day.on:%Y-%m-%d %A}", style="bold"))
        table = _columns(12, 20)
        for each in day.happenings:
            texts = (" ", each.who, each.item or "", said(each))
            table.add_row(*(Text(printable(text)) for text in texts), style=_SORTS[each.sort])
        console.print(table)
    for line in (ending(life), *life.never):
        console.print(Text(printable(line), style="dim"))
    return stripped(out)

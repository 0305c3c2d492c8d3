"""Renders the timeline of a simulated engagement for the terminal."""

from rich.text import Text

from psbot.core.text.escape import replace_control_characters
from psbot.report.terminal import captured_text, console_in_memory, sign_table
from psbot.report.timeline import EntryKind, Timeline, days_with_entries, entry_text, summary_line

_STYLES = {
    EntryKind.PERSON: "",
    EntryKind.PSBOT: "cyan",
    EntryKind.FINDING: "yellow",
    EntryKind.FAILURE: "red",
}


def timeline_text(timeline: Timeline) -> str:
    """Return *timeline* day by day."""
    console, out = console_in_memory()
    console.print(Text(replace_control_characters(f"{timeline.engagement}  ({timeline.file})"), style="bold"))
    for day in days_with_entries(timeline.days):
        console.print(Text(f"{day.on:%Y-%m-%d %A}", style="bold"))
        table = sign_table(12, 20)
        for each in day.entries:
            texts = (" ", each.who, each.item or "", entry_text(each))
            table.add_row(
                *(Text(replace_control_characters(text)) for text in texts), style=_STYLES[each.kind]
            )
        console.print(table)
    for line in (summary_line(timeline), *timeline.not_reached):
        console.print(Text(replace_control_characters(line), style="dim"))
    return captured_text(out)

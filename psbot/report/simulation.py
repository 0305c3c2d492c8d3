"""Renders the timeline of a simulated engagement as text, JSON or Markdown; days without entries are left out."""

from psbot.core.text.escape import escape_markdown
from psbot.report.forms import render
from psbot.report.timeline import (
    EntryKind,
    Timeline,
    TimelineEntry,
    days_with_entries,
    entry_text,
    summary_line,
)

SCHEMA_VERSION = 1


def render_timeline(form: str, timeline: Timeline) -> str:
    """Return *timeline* as ``text``, ``json`` or ``markdown``."""
    return render(
        form,
        text=lambda: _text(timeline),
        json=lambda: as_data(timeline),
        markdown=lambda: _timeline_markdown(timeline),
    )


def _text(timeline: Timeline) -> str:
    from psbot.report.simulation_text import timeline_text  # here, because rich is slow to import

    return timeline_text(timeline)


def as_data(timeline: Timeline) -> dict[str, object]:
    """Return the timeline as one JSON object."""
    return {
        "schema": SCHEMA_VERSION,
        "engagement": timeline.engagement,
        "file": timeline.file,
        "start": timeline.start.isoformat(),
        "days": [
            {"on": day.on.isoformat(), "happenings": [_entry_data(each) for each in day.entries]}
            for day in days_with_entries(timeline.days)
        ],
        "phase": timeline.phase,
        "never": list(timeline.not_reached),
    }


def _entry_data(each: TimelineEntry) -> dict[str, object]:
    return {
        "at": each.at.isoformat(),
        "sort": each.kind.value,
        "who": each.who,
        "item": each.item,
        "what": each.what,
        "why": each.why or None,
    }


def _timeline_markdown(timeline: Timeline) -> str:
    lines = [f"### {escape_markdown(timeline.engagement)}", ""]
    for day in days_with_entries(timeline.days):
        lines += [f"**{day.on}**", "", *map(_entry_markdown, day.entries), ""]
    lines += [
        escape_markdown(summary_line(timeline)),
        *(f"- {escape_markdown(each)}" for each in timeline.not_reached),
    ]
    return "\n".join([*lines, ""])


def _entry_markdown(each: TimelineEntry) -> str:
    about = f" `{each.item}`" if each.item else ""
    mark = " **!**" if each.kind in (EntryKind.FINDING, EntryKind.FAILURE) else ""
    return f"-{mark} {escape_markdown(each.who)}{about}: {escape_markdown(entry_text(each))}"

"""The timeline of a simulated life as text, JSON or Markdown; quiet days are left out."""

from psbot.core.text.escape import inert
from psbot.report.json_text import data_text
from psbot.report.timeline import Happening, Sort, Timeline, ending, said, told

SCHEMA = 1


def rendered(form: str, timeline: Timeline) -> str:
    """Return *timeline* as ``text``, ``json`` or ``markdown``."""
    if form == "json":
        return data_text(as_data(timeline))
    if form == "markdown":
        return _markdown(timeline)
    from psbot.report.simulation_text import (
        timeline as timeline_,  # here, because rich is slow to import and only text needs it
    )

    return timeline_(timeline)


def as_data(timeline: Timeline) -> dict[str, object]:
    """Return the timeline as one JSON object."""
    return {
        "schema": SCHEMA,
        "engagement": timeline.engagement,
        "file": timeline.file,
        "start": timeline.start.isoformat(),
        "days": [
            {"on": day.on.isoformat(), "happenings": [_happening(each) for each in day.happenings]}
            for day in told(timeline.days)
        ],
        "phase": timeline.phase,
        "never": list(timeline.never),
    }


def _happening(each: Happening) -> dict[str, object]:
    return {
        "at": each.at.isoformat(),
        "sort": each.sort.value,
        "who": each.who,
        "item": each.item,
        "what": each.what,
        "why": each.why or None,
    }


def _markdown(timeline: Timeline) -> str:
    lines = [f"### {inert(timeline.engagement)}", ""]
    for day in told(timeline.days):
        lines += [f"**{day.on}**", "", *map(_bullet, day.happenings), ""]
    lines += [inert(ending(timeline)), *(f"- {inert(each)}" for each in timeline.never)]
    return "\n".join([*lines, ""])


def _bullet(each: Happening) -> str:
    about = f" `{each.item}`" if each.item else ""
    mark = " **!**" if each.sort in (Sort.FINDING, Sort.FAILURE) else ""
    return f"-{mark} {inert(each.who)}{about}: {inert(said(each))}"

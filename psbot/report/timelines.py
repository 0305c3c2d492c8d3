"""The timeline of a simulated life as text, JSON or Markdown; quiet days are left out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from psbot.core.inert import inert
from psbot.report.data import data_text
from psbot.simulation.timeline import Day, Happening, Sort

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened in the life of one engagement, where it ended, and which deeds never came to be."""

    engagement: str
    file: str
    start: date
    days: tuple[Day, ...]
    phase: str | None
    never: tuple[str, ...] = ()


def rendered(form: str, timeline: Timeline) -> str:
    """Return *timeline* as ``text``, ``json`` or ``markdown``."""
    if form == "json":
        return data_text(as_data(timeline))
    if form == "markdown":
        return _markdown(timeline)
    from psbot.report import text  # here, because rich is slow to import and only text needs it

    return text.timeline(timeline)


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


def told(days: Iterable[Day]) -> list[Day]:
    """Return the days on which something happened."""
    return [day for day in days if not day.is_quiet]


def ending(timeline: Timeline) -> str:
    """Say in one line how long it was, and where the engagement is at its end."""
    quiet = len(timeline.days) - len(told(timeline.days))
    return f"{len(timeline.days)} days, {quiet} of them quiet; the phase is {timeline.phase or 'not clear'}"


def said(each: Happening) -> str:
    """Say what happened and why, in one line."""
    words = " ".join(each.what.split())
    return f"{words}: {each.why}" if each.why and each.why not in words else words


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

"""Update."""

from collections.abc import Iterator, Mapping

from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Item
from psbot.core.model.labels import settle
from psbot.core.model.operations import Operation, Reassign, Redescribe, Relabel, Reschedule, Retitle
from psbot.core.model.process import Process
from psbot.core.records import ownership
from psbot.core.records.ownership import Kept, Ruling
from psbot.core.text import marker as markers
from psbot.core.text.marker import Marker

_OUTDATED = "the managed section no longer says what is so"


def _update(
    engagement: str, wanted: Item, found: Item, process: Process
) -> Iterator[Operation | Kept | Finding]:
    """Yield what brings one item that exists in line, and what people keep."""
    kind_label = process.catalogue.title("kind", wanted.kind)
    if not (delta := settle(found.labels, kind_label)).is_empty:
        yield Relabel(found, delta, "the kind label is psbot's")
    for name in ownership.TOKENS:
        if ownership.rule(name, wanted, found) is Ruling.KEEP:
            yield Kept(
                found.key, name, _shown(wanted, name), _shown(found, name), ownership.why_kept(name, found)
            )
    yield from _three_way(wanted, found, process.kinds[wanted.kind].is_occurrence)
    for name in sorted(markers.damaged(found.description)):
        yield Finding(
            "damaged-section",
            Severity.WARNING,
            f"the section {name} of {found.key} has lost its begin or end comment, so psbot leaves it; "
            "restore the pair, or delete what is left of it",
            found.key,
        )
    yield from _description(engagement, wanted, found)


def _three_way(wanted: Item, found: Item, is_occurrence: bool) -> Iterator[Operation]:
    follow = {name for name in ownership.TOKENS if ownership.rule(name, wanted, found) is Ruling.FOLLOW}
    reason = "the engagement file says so, and nobody changed it in GitLab"
    if "title" in follow:
        yield Retitle(found, wanted.title, reason, is_occurrence)
    if follow & {"start_on", "due_on"}:
        start_on = wanted.start_on if "start_on" in follow else found.start_on
        due_on = wanted.due_on if "due_on" in follow else found.due_on
        yield Reschedule(found, start_on, due_on, reason, is_occurrence)
    if "assignee" in follow:
        yield Reassign(found, wanted.assignees, reason, is_occurrence)


def _description(engagement: str, wanted: Item, found: Item) -> Iterator[Redescribe]:
    differing = _differing(found, markers.sections(wanted.description))
    has_marker = found.marker is not None
    standing = ownership.standing(wanted)
    is_remembered = standing.items() <= ownership.standing(found).items()
    if differing or not has_marker or not is_remembered:
        reason = _OUTDATED if has_marker else "its marker was removed"
        line = None if has_marker else str(Marker(engagement, found.key))
        yield Redescribe(found, differing, line, reason, memory=standing)


def _differing(found: Item, sections: Mapping[str, str]) -> dict[str, str]:
    have, broken = markers.sections(found.description), markers.damaged(found.description)
    return {
        name: text
        for name, text in sections.items()
        if name not in broken and have.get(name, "").split() != text.split()
    }


def _shown(item: Item, name: str) -> str | None:
    value: object = getattr(item, name)
    return None if value is None else str(value)

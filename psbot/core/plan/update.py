"""Update."""

from collections.abc import Iterator, Mapping

from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Item
from psbot.core.model.labels import replace_in_scope
from psbot.core.model.operations import Operation, Reassign, Redescribe, Relabel, Reschedule, Retitle
from psbot.core.model.process import Process
from psbot.core.records import ownership
from psbot.core.records.ownership import FieldDecision, KeptValue
from psbot.core.text import marker
from psbot.core.text.marker import Marker

SECTION_OUTDATED = "the managed section no longer says what is so"


def plan_update(
    engagement: str, desired: Item, observed: Item, process: Process
) -> Iterator[Operation | KeptValue | Finding]:
    """Yield what brings one item that exists in line, and what people keep."""
    kind_label = process.catalogue.title("kind", desired.kind)
    if not (delta := replace_in_scope(observed.labels, kind_label)).is_empty:
        yield Relabel(observed, delta, "the kind label is psbot's")
    for name in ownership.FIELD_TOKENS:
        if ownership.decide_field(name, desired, observed) is FieldDecision.KEEP:
            yield KeptValue(
                observed.key,
                name,
                _display_value(desired, name),
                _display_value(observed, name),
                ownership.why_kept(name, observed),
            )
    yield from _follow_file(desired, observed, process.kinds[desired.kind].is_occurrence)
    for name in sorted(marker.damaged_sections(observed.description)):
        yield Finding(
            "damaged-section",
            Severity.WARNING,
            f"the section {name} of {observed.key} has lost its begin or end comment, so psbot leaves it; "
            "restore the pair, or delete what is left of it",
            observed.key,
        )
    yield from _update_description(engagement, desired, observed)


def _follow_file(desired: Item, observed: Item, is_occurrence: bool) -> Iterator[Operation]:
    follow = {
        name
        for name in ownership.FIELD_TOKENS
        if ownership.decide_field(name, desired, observed) is FieldDecision.FOLLOW
    }
    reason = "the engagement file says so, and nobody changed it in GitLab"
    if "title" in follow:
        yield Retitle(observed, desired.title, reason, is_occurrence)
    if follow & {"start_on", "due_on"}:
        start_on = desired.start_on if "start_on" in follow else observed.start_on
        due_on = desired.due_on if "due_on" in follow else observed.due_on
        yield Reschedule(observed, start_on, due_on, reason, is_occurrence)
    if "assignee" in follow:
        yield Reassign(observed, desired.assignees, reason, is_occurrence)


def _update_description(engagement: str, desired: Item, observed: Item) -> Iterator[Redescribe]:
    differing = differing_sections(observed, marker.managed_sections(desired.description))
    has_marker = observed.marker is not None
    standing = ownership.phase_memory(desired)
    is_remembered = standing.items() <= ownership.phase_memory(observed).items()
    if differing or not has_marker or not is_remembered:
        reason = SECTION_OUTDATED if has_marker else "its marker was removed"
        line = None if has_marker else str(Marker(engagement, observed.key))
        yield Redescribe(observed, differing, line, reason, memory=standing)


def differing_sections(observed: Item, sections: Mapping[str, str]) -> dict[str, str]:
    """Return the managed sections whose text in GitLab is not the wanted one, by name."""
    have, broken = (
        marker.managed_sections(observed.description),
        marker.damaged_sections(observed.description),
    )
    return {
        name: text
        for name, text in sections.items()
        if name not in broken and have.get(name, "").split() != text.split()
    }


def _display_value(item: Item, name: str) -> str | None:
    value: object = getattr(item, name)
    return None if value is None else str(value)

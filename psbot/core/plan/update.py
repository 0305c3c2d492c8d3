"""Bring an existing item in line with the engagement file, and keep what people have edited."""

from collections import Counter
from collections.abc import Iterator, Mapping

from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Item
from psbot.core.model.labels import replace_in_scope
from psbot.core.model.operations import Operation, Reassign, Redescribe, Relabel, Reschedule, Retitle
from psbot.core.model.process import Process
from psbot.core.records import ownership
from psbot.core.records.ownership import FieldDecision, KeptValue
from psbot.core.text import marker
from psbot.core.text.escape import is_same_text, shown_words
from psbot.core.text.marker import Marker

_FOLLOWS_FILE = "changed in the engagement file, not edited in GitLab"


def plan_update(
    engagement: str, desired: Item, observed: Item, process: Process
) -> Iterator[Operation | KeptValue | Finding]:
    """Yield the operations that bring one item in line, and the values that people keep."""
    kind_label = process.catalogue.title("kind", desired.kind)
    if not (delta := replace_in_scope(observed.labels, kind_label)).is_empty:
        yield Relabel(observed, delta, f"the kind label must be {kind_label}")
    for name in ownership.FIELD_TOKENS:
        if ownership.decide_field(name, desired, observed) is FieldDecision.KEEP:
            yield KeptValue(
                observed.key,
                name,
                _display_value(desired, name),
                _display_value(observed, name),
                ownership.why_kept(name, desired, observed),
            )
    yield from _follow_file(desired, observed, process.kinds[desired.kind].is_occurrence)
    for name in sorted(marker.damaged_sections(observed.description)):
        yield Finding(
            "damaged-section",
            Severity.WARNING,
            f"The section {name} of {observed.key} is missing its begin or end comment, so psbot does not update it. "
            "Restore the pair, or delete the remaining comment.",
            observed.key,
        )
    yield from _update_description(engagement, desired, observed)


def _follow_file(desired: Item, observed: Item, is_occurrence: bool) -> Iterator[Operation]:
    follow = {
        name
        for name in ownership.FIELD_TOKENS
        if ownership.decide_field(name, desired, observed) is FieldDecision.FOLLOW
    }
    if "title" in follow:
        yield Retitle(observed, desired.title, _FOLLOWS_FILE, is_occurrence)
    if follow & {"start_on", "due_on"}:
        start_on = desired.start_on if "start_on" in follow else observed.start_on
        due_on = desired.due_on if "due_on" in follow else observed.due_on
        yield Reschedule(observed, start_on, due_on, _FOLLOWS_FILE, is_occurrence)
    if "assignee" in follow:
        yield Reassign(observed, desired.assignees, _FOLLOWS_FILE, is_occurrence)


def _update_description(engagement: str, desired: Item, observed: Item) -> Iterator[Redescribe]:
    differing = differing_sections(observed, marker.managed_sections(desired.description))
    found = observed.marker
    is_on_top = found is not None and not marker.has_text_above_marker(observed.description)
    memory = ownership.other_memory(desired)
    is_remembered = memory.items() <= ownership.other_memory(observed).items()
    if differing or not is_on_top or not is_remembered:
        reason = _why_described(observed, differing, is_on_top=is_on_top)
        line = None if is_on_top else str(found or Marker(engagement, observed.key))
        yield Redescribe(observed, differing, line, reason, memory=memory)


def _why_described(observed: Item, differing: Mapping[str, str], *, is_on_top: bool) -> str:
    if observed.marker is None:
        return "the marker was removed"
    if not is_on_top and not differing:
        return "there is text above the marker"
    return outdated_reason(observed, differing)


def differing_sections(observed: Item, sections: Mapping[str, str]) -> dict[str, str]:
    """Return the managed sections, by name, whose text in GitLab is out of date; damaged ones are left alone."""
    current = marker.managed_sections(observed.description)
    damaged = marker.damaged_sections(observed.description)
    return {
        name: text
        for name, text in sections.items()
        if name not in damaged and not is_same_text(current.get(name, ""), text)
    }


def outdated_reason(observed: Item, sections: Mapping[str, str]) -> str:
    """Return why *sections* of *observed* are rewritten: which, and how many of their lines differ."""
    if not sections:
        return "the marker is out of date"
    current = marker.managed_sections(observed.description)
    count = sum(_count_differing_lines(current.get(name, ""), text) for name, text in sections.items())
    lines = f"{count} {'line differs' if count == 1 else 'lines differ'}"
    if len(sections) == 1:
        return f"section {next(iter(sections))} is out of date: {lines}"
    return f"sections {', '.join(sorted(sections))} are out of date: {lines}"


def _count_differing_lines(before: str, after: str) -> int:
    old, new = _count_lines(before), _count_lines(after)
    return max((new - old).total(), (old - new).total())


def _count_lines(text: str) -> Counter[str]:
    """Count the lines of *text* that are not empty; white space and the way of escaping do not count."""
    return Counter(" ".join(words) for line in text.splitlines() if (words := shown_words(line)))


def reattach(item: Item, epic: Item | None) -> Iterator[Redescribe]:
    """Yield the operation that makes a detached item a child of the epic again."""
    if item.is_detached and epic is not None:
        yield Redescribe(item, reason="not a child of the engagement's epic", parent=epic.gid)


def _display_value(item: Item, name: str) -> str | None:
    value: object = getattr(item, name)
    return None if value is None else str(value)

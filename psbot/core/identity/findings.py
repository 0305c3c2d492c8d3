"""Messages about work items that psbot cannot match, or ignores; `psbot explain` uses the same sentences."""

from collections.abc import Iterable, Iterator, Sequence

from psbot.core.identity.trust import TrustRules, marker_key
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.process import EPIC, Kind
from psbot.core.model.work_item import WorkItem
from psbot.core.text import marker

UNMARKED_ITEMS = "unmarked-items"
_MAX_NAMED = 5  # items that a finding names


def author_name(work_item: WorkItem) -> str:
    """Return the author's username for messages."""
    return work_item.author.username if work_item.author else "a deleted account"


def moved_copy_message(work_item: WorkItem) -> str:
    """Return the message about the copy that GitLab keeps after a move."""
    return f"{work_item.reference} is the copy that GitLab keeps after a move. psbot ignores it."


def no_identity_message(work_item: WorkItem) -> str:
    """Return the message that nothing relates the item to an engagement."""
    return f"{work_item.reference} has neither a marker nor a kind label, so psbot ignores it."


def misplaced_message(work_item: WorkItem) -> str:
    """Return the message that the marker is on an item where it does not belong."""
    return (
        f"{_carries_marker(work_item)} but is in the wrong place: it was edited or moved. "
        "psbot ignores it; restore its own marker."
    )


def untrusted_marker_message(work_item: WorkItem) -> str:
    """Return the message that the marker is ignored because of the item's author."""
    return f"{_carries_marker(work_item)} but was created by {untrusted_author(work_item)}. psbot ignores it."


def untrusted_author(work_item: WorkItem) -> str:
    """Return who created the item, and why the account is not trusted."""
    if work_item.author is None:
        return author_name(work_item)
    return f"{author_name(work_item)}, who is neither a machine account nor listed under `people:`"


def unmarked_message(work_item: WorkItem, kind: str, engagement: str) -> str:
    """Return the message that nothing shows which of several items of *kind* this one is."""
    return (
        f"{work_item.reference} has the kind label of {kind} but no marker, so psbot cannot tell which {kind} it is, "
        f"ignores it and may create another one. Restore its first line, <!-- psbot: engagement={engagement} item=… "
        "-->, or remove the label."
    )


def report_ambiguous(rules: TrustRules, kind: Kind, candidates: list[WorkItem]) -> Iterator[Finding]:
    """Yield a finding when several unmarked items could be the one of *kind*."""
    if len(candidates) > 1:
        references = ", ".join(each.reference for each in candidates)
        line = marker.Marker(rules.engagement.key, kind.item)
        message = (
            f"{references} have the kind label of {kind.item} but no marker, so psbot cannot tell which one is the "
            f"{kind.item}. Add this line at the top of the right item and remove the label from the others: {line}"
        )
        yield Finding("marker-ambiguous", Severity.WARNING, message, kind.item)


def report_unmarked_occurrences(
    rules: TrustRules, kind: Kind, work_items: Iterable[WorkItem]
) -> Iterator[Finding]:
    """Yield a finding for each item of *kind* without a marker, where an engagement has several."""
    for each in work_items:
        message = unmarked_message(each, kind.item, rules.engagement.key)
        yield Finding("marker-missing", Severity.WARNING, message)


def report_misplaced(work_items: Iterable[WorkItem]) -> Iterator[Finding]:
    """Yield a finding for each marked item that is where its marker does not belong."""
    for each in work_items:
        yield Finding("misplaced", Severity.WARNING, misplaced_message(each), marker_key(each))


def report_untrusted_items(work_items: Iterable[WorkItem]) -> Iterator[Finding]:
    """Yield a finding for each child of the epic with a marker and an untrusted author: psbot creates no other one."""
    for each in work_items:
        message = (
            f"{_carries_marker(each)} and is a child of the epic but was created by {untrusted_author(each)}. psbot "
            "neither updates it nor creates another one. Add the account to `people:` or to config/accounts.yml, or "
            "remove the marker."
        )
        yield Finding("untrusted-item", Severity.WARNING, message, marker_key(each))


def other_type_message(work_item: WorkItem) -> str:
    """Return the message that somebody has changed the type of the item."""
    address = f": {work_item.url}" if work_item.url else "."
    return (
        f"{_carries_marker(work_item)} but its type is {work_item.other_type} now. psbot neither updates it nor "
        f"creates another one. Change its type back to issue{address}"
    )


def report_other_types(work_items: Iterable[WorkItem]) -> Iterator[Finding]:
    """Yield a finding for each item of ours that is an incident, a task or of another type now."""
    for each in work_items:
        yield Finding("other-type", Severity.WARNING, other_type_message(each), marker_key(each))


def report_untrusted_markers(work_items: Iterable[WorkItem]) -> Iterator[Finding]:
    """Yield a finding for each marked item elsewhere with an untrusted author."""
    for each in work_items:
        yield Finding("untrusted-marker", Severity.INFO, untrusted_marker_message(each), marker_key(each))


def report_unmarked_items(work_items: Sequence[WorkItem], engagement: str) -> Iterator[Finding]:
    """Yield the finding that items of the engagement seem to exist without markers, although it has no epic."""
    if not work_items:
        return
    shown = ", ".join(each.reference for each in work_items[:_MAX_NAMED])
    more = f" and {len(work_items) - _MAX_NAMED} more" if len(work_items) > _MAX_NAMED else ""
    message = (
        f"{shown}{more}: kind labels of this engagement's items but no marker, and there is no epic with a marker, so "
        "psbot creates nothing. If they belong to the engagement, add this line at the top of the description of their "
        f"epic: {marker.Marker(engagement, EPIC)} Otherwise remove the kind labels."
    )
    yield Finding(UNMARKED_ITEMS, Severity.WARNING, message)


def _carries_marker(work_item: WorkItem) -> str:
    return f"{work_item.reference} carries the marker of {marker_key(work_item)}"

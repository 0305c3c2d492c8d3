"""Findings."""

from collections.abc import Iterable, Iterator

from psbot.core.identity.trust import TrustRules, marker_key
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.process import Kind
from psbot.core.model.work_item import WorkItem
from psbot.core.text import marker


def report_ambiguous(rules: TrustRules, kind: Kind, candidates: list[WorkItem]) -> Iterator[Finding]:
    """Yield a finding when several items could be the one of *kind*."""
    if len(candidates) > 1:
        where = ", ".join(each.reference for each in candidates)
        line = marker.Marker(rules.engagement.key, kind.item)
        yield Finding(
            "marker-ambiguous",
            Severity.WARNING,
            f"{where} have the kind label of {kind.item} and no marker, so psbot cannot tell which one it is; "
            f"put this line at the top of the one, and take the label off the others: {line}",
            kind.item,
        )


def report_unmarked_occurrences(rules: TrustRules, work_items: Iterable[WorkItem]) -> Iterator[Finding]:
    """Yield items that repeat and have lost their marker: which one each was, nothing tells."""
    for each in work_items:
        yield Finding(
            "marker-missing",
            Severity.WARNING,
            f"{each.reference} has a kind label and no marker, so psbot does not know it, and makes another where one "
            f"is due; put its first line back, <!-- psbot: engagement={rules.engagement.key} item=… -->, or take the "
            "label off",
        )


def author_name(work_item: WorkItem) -> str:
    """Return who made an item, for people."""
    return work_item.author.username if work_item.author else "a deleted account"


def report_misplaced(work_items: Iterable[WorkItem]) -> Iterator[Finding]:
    """Yield a finding for each item that is in another project than its kind belongs to."""
    for each in work_items:
        yield Finding(
            "misplaced",
            Severity.WARNING,
            f"{each.reference} carries the marker of {marker_key(each)}, which has no place there; it does not count: "
            "somebody has edited or moved it, put its own marker back",
            marker_key(each),
        )


def report_untrusted_items(work_items: Iterable[WorkItem]) -> Iterator[Finding]:
    """Yield what psbot does not make, since it hangs under the epic already, made by somebody it does not know."""
    for each in work_items:
        yield Finding(
            "untrusted-item",
            Severity.WARNING,
            f"{each.reference} carries the marker of {marker_key(each)} under the epic, "
            f"but {author_name(each)} made it, who is neither a machine nor one of the engagement's people; "
            "psbot neither counts it nor makes another: name "
            "the account in people: or config/accounts.yml, or take the marker away",
            marker_key(each),
        )


def report_untrusted_markers(work_items: Iterable[WorkItem]) -> Iterator[Finding]:
    """Yield a finding for each marker whose author is not trusted."""
    for each in work_items:
        author = author_name(each)
        yield Finding(
            "untrusted-marker",
            Severity.INFO,
            f"{each.reference} carries the marker of {marker_key(each)}, but {author} made it, who is neither a "
            "machine nor one of the engagement's people; it does not count",
            marker_key(each),
        )

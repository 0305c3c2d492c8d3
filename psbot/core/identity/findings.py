"""Findings."""

from collections.abc import Iterable, Iterator

from psbot.core.identity.trust import _Case, _key
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.process import Kind
from psbot.core.model.work_item import Sighting
from psbot.core.text import marker


def _ambiguous(case: _Case, kind: Kind, candidates: list[Sighting]) -> Iterator[Finding]:
    if len(candidates) > 1:
        where = ", ".join(each.reference for each in candidates)
        line = marker.Marker(case.engagement.key, kind.item)
        yield Finding(
            "ambiguous",
            Severity.WARNING,
            f"{where} have the kind label of {kind.item} and no marker, so psbot cannot tell which one it is; "
            f"put this line at the top of the one, and take the label off the others: {line}",
            kind.item,
        )


def _nameless(case: _Case, sightings: Iterable[Sighting]) -> Iterator[Finding]:
    """Yield items that repeat and have lost their marker: which one each was, nothing tells."""
    for each in sightings:
        yield Finding(
            "no-marker",
            Severity.WARNING,
            f"{each.reference} has a kind label and no marker, so psbot does not know it, and makes another where one "
            f"is due; put its first line back, <!-- psbot: engagement={case.engagement.key} item=… -->, or take the "
            "label off",
        )


def maker(sighting: Sighting) -> str:
    """Return who made an item, for people."""
    return sighting.author.username if sighting.author else "a deleted account"


def _misplaced(sightings: Iterable[Sighting]) -> Iterator[Finding]:
    for each in sightings:
        yield Finding(
            "misplaced",
            Severity.WARNING,
            f"{each.reference} carries the marker of {_key(each)}, which has no place there; it does not count: "
            "somebody has edited or moved it, put its own marker back",
            _key(each),
        )


def _disputed(sightings: Iterable[Sighting]) -> Iterator[Finding]:
    """Yield what psbot does not make, since it hangs under the epic already, made by somebody it does not know."""
    for each in sightings:
        yield Finding(
            "disputed",
            Severity.WARNING,
            f"{each.reference} carries the marker of {_key(each)} under the epic, but {maker(each)} made it, who is "
            "neither a machine nor one of the engagement's people; psbot neither counts it nor makes another: name "
            "the account in people: or config/accounts.yml, or take the marker away",
            _key(each),
        )


def _foreign(sightings: Iterable[Sighting]) -> Iterator[Finding]:
    for each in sightings:
        author = maker(each)
        yield Finding(
            "foreign-marker",
            Severity.INFO,
            f"{each.reference} carries the marker of {_key(each)}, but {author} made it, who is neither a machine "
            "nor one of the engagement's people; it does not count",
            _key(each),
        )

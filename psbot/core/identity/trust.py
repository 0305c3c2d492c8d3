"""Trust."""

from dataclasses import dataclass

from psbot.core.model.engagement import Engagement, people
from psbot.core.model.process import EPIC, Kind, PlaceKind, Process, Repeat
from psbot.core.model.work_item import Sighting, is_machine


@dataclass(frozen=True, slots=True)
class _Case:
    """One engagement and all sightings that may concern it."""

    engagement: Engagement
    process: Process
    epic: Sighting | None
    epic_gids: frozenset[str]

    def kind_of(self, key: str) -> Kind | None:
        stem = key.partition("/")[0]
        return next((kind for kind in self.process.kinds.values() if kind.item == stem), None)

    def kind_meant(self, sighting: Sighting) -> Kind | None:
        """Return the kind that the marker names, or else the label."""
        key = _key(sighting)
        return self.kind_of(key) if key else self.labelled_kind(sighting)

    def hangs_here(self, sighting: Sighting) -> bool:
        """Tell whether the item is a child of (one of) the engagement's epics."""
        return sighting.parent in self.epic_gids

    def is_trusted(self, sighting: Sighting) -> bool:
        """Tell whether a machine or one of the engagement's people made the item.

        Deleted accounts count only below the epic: nobody hangs an item there who is not of the group.
        """
        author = sighting.author
        if author is None:
            return False
        if is_machine(author, self.process) or author.username in people(self.engagement):
            return True
        return author.is_ghost and (sighting.is_epic or self.hangs_here(sighting))

    def is_on_demand(self, sighting: Sighting) -> bool:
        """Tell whether the item is one that anybody in the group may open, under the epic."""
        note = sighting.marker
        kind = self.kind_of(note.item) if note else self.labelled_kind(sighting)
        return kind is not None and kind.repeat is Repeat.ON_DEMAND and self.hangs_here(sighting)

    def is_misplaced(self, sighting: Sighting) -> bool:
        """Tell whether the item is where its marker or label has no place.

        Customers edit descriptions in their project: a marker put there must not draw an internal item's words to
        it, nor those of another engagement. Only people of the group hang items under the epic.
        """
        key = _key(sighting)
        if sighting.is_epic or key == EPIC:
            return not sighting.is_epic
        kind = self.kind_meant(sighting)
        places = self.engagement.gitlab
        shared, internal, here = map(str.casefold, (places.project, places.internal, sighting.namespace))
        if here not in (shared, internal):
            return not self.hangs_here(sighting)
        if kind is None or kind.place is not PlaceKind.INTERNAL or kind.repeat is Repeat.ON_DEMAND:
            return False
        if places.is_shared_with_customer:
            return not sighting.confidential
        return here == shared != internal

    def labelled_kind(self, sighting: Sighting) -> Kind | None:
        return self.process.kinds.get(self.process.catalogue.value("kind", sighting.labels) or "")


@dataclass(frozen=True, slots=True)
class Traits:
    """What makes an item an engagement's, or not; ``kind`` is the item kind that its label names."""

    kind: Kind | None
    is_trusted: bool
    is_misplaced: bool
    hangs_here: bool


def traits(engagement: Engagement, process: Process, epic_gids: frozenset[str], sighting: Sighting) -> Traits:
    """Return by what *sighting* counts as one of *engagement*'s, whose epics have *epic_gids*."""
    case = _Case(engagement, process, None, epic_gids)
    return Traits(
        case.labelled_kind(sighting),
        case.is_trusted(sighting) or case.is_on_demand(sighting),
        case.is_misplaced(sighting),
        case.hangs_here(sighting),
    )


def _key(sighting: Sighting) -> str | None:
    note = sighting.marker
    return note.item if note else None

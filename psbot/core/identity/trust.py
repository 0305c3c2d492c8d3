"""Trust."""

from dataclasses import dataclass

from psbot.core.model.engagement import Engagement
from psbot.core.model.process import EPIC, Kind, PlaceKind, Process, Repeat
from psbot.core.model.work_item import WorkItem, is_machine


@dataclass(frozen=True, slots=True)
class TrustRules:
    """One engagement and all sightings that may concern it."""

    engagement: Engagement
    process: Process
    epic: WorkItem | None
    epic_gids: frozenset[str]

    def kind_by_marker_or_label(self, work_item: WorkItem) -> Kind | None:
        """Return the kind that the marker names, or else the label."""
        key = marker_key(work_item)
        return self.process.kind_of_key(key) if key else self.kind_by_label(work_item)

    def is_child(self, work_item: WorkItem) -> bool:
        """Tell whether the item is a child of (one of) the engagement's epics."""
        return work_item.parent in self.epic_gids

    def is_trusted(self, work_item: WorkItem) -> bool:
        """Tell whether a machine or one of the engagement's people made the item.

        Deleted accounts count only below the epic: nobody hangs an item there who is not of the group.
        """
        author = work_item.author
        if author is None:
            return False
        if is_machine(author, self.process) or author.username in self.engagement.people:
            return True
        return author.is_ghost and (work_item.is_epic or self.is_child(work_item))

    def is_on_demand(self, work_item: WorkItem) -> bool:
        """Tell whether the item is one that anybody in the group may open, under the epic."""
        note = work_item.marker
        kind = self.process.kind_of_key(note.item) if note else self.kind_by_label(work_item)
        return kind is not None and kind.repeat is Repeat.ON_DEMAND and self.is_child(work_item)

    def is_misplaced(self, work_item: WorkItem) -> bool:
        """Tell whether the item is where its marker or label has no place.

        Customers edit descriptions in their project: a marker put there must not draw an internal item's words to
        it, nor those of another engagement. Only people of the group hang items under the epic.
        """
        key = marker_key(work_item)
        if work_item.is_epic or key == EPIC:
            return not work_item.is_epic
        kind = self.kind_by_marker_or_label(work_item)
        places = self.engagement.gitlab
        shared, internal, here = map(str.casefold, (places.project, places.internal, work_item.namespace))
        if here not in (shared, internal):
            return not self.is_child(work_item)
        if kind is None or kind.place is not PlaceKind.INTERNAL or kind.repeat is Repeat.ON_DEMAND:
            return False
        if places.is_shared_with_customer:
            return not work_item.confidential
        return here == shared != internal

    def kind_by_label(self, work_item: WorkItem) -> Kind | None:
        """Return the kind that the label names, or None."""
        return self.process.kinds.get(self.process.catalogue.value("kind", work_item.labels) or "")


@dataclass(frozen=True, slots=True)
class TrustAssessment:
    """What makes an item an engagement's, or not; ``kind`` is the item kind that its label names."""

    kind: Kind | None
    is_trusted: bool
    is_misplaced: bool
    is_child: bool


def assess_trust(
    engagement: Engagement, process: Process, epic_gids: frozenset[str], work_item: WorkItem
) -> TrustAssessment:
    """Return by what *sighting* counts as one of *engagement*'s, whose epics have *epic_gids*."""
    case = TrustRules(engagement, process, None, epic_gids)
    return TrustAssessment(
        case.kind_by_label(work_item),
        case.is_trusted(work_item) or case.is_on_demand(work_item),
        case.is_misplaced(work_item),
        case.is_child(work_item),
    )


def marker_key(work_item: WorkItem) -> str | None:
    """Return the item key in the marker, or None without a marker."""
    note = work_item.marker
    return note.item if note else None

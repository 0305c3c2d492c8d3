"""Which work items psbot trusts: their author, their place below the epic, and their project decide."""

from dataclasses import dataclass

from psbot.core.model.engagement import Engagement
from psbot.core.model.process import EPIC, Kind, PlaceKind, Process, Repeat
from psbot.core.model.work_item import WorkItem, is_machine


@dataclass(frozen=True, slots=True)
class TrustRules:
    """The rules for the work items of one engagement; ``epic`` is its epic, ``epic_gids`` includes duplicates of it."""

    engagement: Engagement
    process: Process
    epic: WorkItem | None
    epic_gids: frozenset[str]

    def kind_by_marker_or_label(self, work_item: WorkItem) -> Kind | None:
        """Return the kind that the marker names, or else the label."""
        key = marker_key(work_item)
        return self.process.kind_of_key(key) if key else self.kind_by_label(work_item)

    def kind_by_label(self, work_item: WorkItem) -> Kind | None:
        """Return the kind that the kind label names."""
        return self.process.kinds.get(self.process.catalogue.value("kind", work_item.labels) or "")

    def is_child(self, work_item: WorkItem) -> bool:
        """Tell whether the item is a child of (one of) the engagement's epics."""
        return work_item.parent in self.epic_gids

    def is_trusted(self, work_item: WorkItem) -> bool:
        """Tell whether a machine account or somebody listed under ``people:`` created the item.

        Deleted accounts are trusted only below the epic: only members of the group can add children there.
        """
        author = work_item.author
        if author is None:
            return False
        if is_machine(author, self.process) or author.username in self.engagement.people:
            return True
        return author.is_ghost and (work_item.is_epic or self.is_child(work_item))

    def is_on_demand(self, work_item: WorkItem) -> bool:
        """Tell whether everybody in the group may create such an item below the epic."""
        note = work_item.marker
        kind = self.process.kind_of_key(note.item) if note else self.kind_by_label(work_item)
        return kind is not None and kind.repeat is Repeat.ON_DEMAND and self.is_child(work_item)

    def is_misplaced(self, work_item: WorkItem) -> bool:
        """Tell whether the marker or label is on an item where it does not belong.

        Customers can edit descriptions in their project: a marker there must not attract the text of an internal
        item or of another engagement. Only members of the group can add children to the epic.
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


@dataclass(frozen=True, slots=True)
class TrustAssessment:
    """Whether a work item counts as one of an engagement's; ``kind`` is the one that its label names."""

    kind: Kind | None
    is_trusted: bool
    is_misplaced: bool
    is_child: bool


def assess_trust(
    engagement: Engagement, process: Process, epic_gids: frozenset[str], work_item: WorkItem
) -> TrustAssessment:
    """Return whether *work_item* counts as one of *engagement*'s, whose epics have *epic_gids*."""
    rules = TrustRules(engagement, process, None, epic_gids)
    return TrustAssessment(
        rules.kind_by_label(work_item),
        rules.is_trusted(work_item) or rules.is_on_demand(work_item),
        rules.is_misplaced(work_item),
        rules.is_child(work_item),
    )


def marker_key(work_item: WorkItem) -> str | None:
    """Return the item key in the work item's marker."""
    note = work_item.marker
    return note.item if note else None

"""Which of the work items seen in GitLab are an engagement's: by marker, author and parent, never by title."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from psbot.core.identity.findings import (
    report_ambiguous,
    report_misplaced,
    report_unmarked_occurrences,
    report_untrusted_items,
    report_untrusted_markers,
)
from psbot.core.identity.trust import TrustRules, marker_key
from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import EPIC, Kind, Process, Repeat, lowest_free_number
from psbot.core.model.work_item import WorkItem, is_machine, to_item
from psbot.core.text import marker


@dataclass(frozen=True, slots=True)
class IdentifiedItems:
    """What belongs to one engagement, and what a person should know about it.

    ``lost`` are the references of marked children that have no epic.
    """

    snapshot: Snapshot
    findings: tuple[Finding, ...] = ()
    orphans: tuple[str, ...] = ()


class UntrustedEpic(Exception):
    """The engagement's only epic was made by somebody who is neither a machine nor one of its people."""

    def __init__(self, epic: WorkItem) -> None:
        super().__init__(epic.reference)
        self.epic = epic


def find_epics(engagement: Engagement, process: Process, epics: Iterable[WorkItem]) -> list[WorkItem]:
    """Return those of *epics* that carry the marker of the engagement's epic and count; the epic comes first.

    Of several the open one with the lowest id is the epic. Raises UntrustedEpic where none counts, but only
    because of who made it: to make one more could make the whole engagement twice.
    """
    case = TrustRules(engagement, process, None, frozenset())
    marked = [
        epic
        for epic in epics
        if _has_marker_of(epic, engagement) and marker_key(epic) == EPIC and epic.is_epic
    ]
    counted = [epic for epic in marked if case.is_trusted(epic)]
    if marked and not counted:
        raise UntrustedEpic(min(marked, key=_by_state_and_number))
    return sorted(counted, key=_by_state_and_number)


def find_unmarked_epic(
    engagement: Engagement, children: Iterable[WorkItem], epics: Mapping[str, WorkItem]
) -> WorkItem | None:
    """Return the epic whose marker was removed: the one unmarked epic above the engagement's marked children."""
    parents = {child.parent for child in children if _has_marker_of(child, engagement)}
    bare = [epics[gid] for gid in parents if gid and gid in epics and epics[gid].marker is None]
    return bare[0] if len(bare) == 1 else None


def identify(
    engagement: Engagement, process: Process, epics: list[WorkItem], others: Iterable[WorkItem]
) -> IdentifiedItems:
    """Return what *engagement* has in GitLab.

    *epics* are its epics, the epic first (see :func:`epics_of`); *others* the children of all of them, and the
    items that carry a marker of the engagement anywhere else. An item that was moved out leaves a copy that is
    ignored; a marker on an item that neither a machine nor one of the engagement's people made does not count.
    """
    case = TrustRules(engagement, process, epics[0] if epics else None, frozenset(epic.gid for epic in epics))
    seen = {each.gid: each for each in others if not each.is_moved}
    rest = sorted(seen.values(), key=lambda each: each.numeric_id)
    ours = [each for each in rest if _has_marker_of(each, engagement) and _is_ours(case, each)]
    if case.epic is None:
        return IdentifiedItems(Snapshot(), orphans=tuple(each.reference for each in ours))
    counted = [each for each in ours if not case.is_misplaced(each)]
    found = _group_by_key(case, counted)
    adopted, findings = _adopt_unmarked(case, rest, found, _duplicate_numbers(case, found))
    items = [_to_item(case, key, each) for key, group in found.items() for each in group[:1]] + adopted
    duplicates = [
        _to_item(case, key, each) for key, group in found.items() for each in group[1:] if each.is_open
    ]
    duplicates += [_to_item(case, EPIC, each) for each in epics[1:] if each.is_open]
    gids = {each.gid for each in counted}
    foreign = [each for each in rest if _has_marker_of(each, engagement) and each.gid not in gids]
    known = {item.key for item in items}
    misplaced = [each for each in foreign if not each.is_epic and case.is_misplaced(each)]
    foreign = [each for each in foreign if each not in misplaced]
    disputed = [each for each in foreign if case.is_child(each) and marker_key(each) not in known]
    snapshot = Snapshot(
        epic=_to_item(case, EPIC, case.epic),
        children=tuple(items),
        duplicates=tuple(duplicates),
        untrusted=frozenset(str(marker_key(each)) for each in disputed),
    )
    strangers = [each for each in foreign if each not in disputed]
    said = (
        *findings,
        *report_misplaced(misplaced),
        *report_untrusted_markers(strangers),
        *report_untrusted_items(disputed),
    )
    return IdentifiedItems(snapshot, said)


def _has_marker_of(work_item: WorkItem, engagement: Engagement) -> bool:
    note = work_item.marker
    return note is not None and note.engagement == engagement.key and not work_item.is_moved


def _is_ours(rules: TrustRules, work_item: WorkItem) -> bool:
    if work_item.is_epic or marker_key(work_item) == EPIC:
        return False
    return rules.is_trusted(work_item) or rules.is_on_demand(work_item)


def _by_state_and_number(work_item: WorkItem) -> tuple[bool, int]:
    return (not work_item.is_open, work_item.numeric_id)


def _group_by_key(rules: TrustRules, counted: Iterable[WorkItem]) -> dict[str, list[WorkItem]]:
    """Return the sightings by key, the one that is the item first.

    Open before closed, then the lowest id; what hangs under a second epic, made in a race, comes last.
    """
    found: dict[str, list[WorkItem]] = {}
    for sighting in counted:
        found.setdefault(str(marker_key(sighting)), []).append(sighting)
    second = rules.epic_gids - {rules.epic.gid if rules.epic else ""}
    for group in found.values():
        group.sort(key=lambda each: (not each.is_open, each.parent in second, each.numeric_id))
    return found


def _duplicate_numbers(rules: TrustRules, by_key: dict[str, list[WorkItem]]) -> list[WorkItem]:
    """Take out of *found*, and return, open items that were given one number at the same time, asked for otherwise."""
    taken: list[WorkItem] = []
    for key, group in by_key.items():
        kind, first = rules.process.kind_of_key(key), marker.request_key_of(group[0].marker)
        if kind is None or kind.repeat is not Repeat.ON_DEMAND:
            continue
        others = [each for each in group[1:] if each.is_open and marker.request_key_of(each.marker) != first]
        group[:] = [each for each in group if each not in others]
        taken += others
    return sorted(taken, key=lambda each: each.numeric_id)


def _adopt_unmarked(
    rules: TrustRules,
    work_items: list[WorkItem],
    by_key: Mapping[str, object],
    duplicate_numbers: Iterable[WorkItem],
) -> tuple[list[Item], list[Finding]]:
    """Return the children without a marker that are items all the same, and where psbot cannot tell."""
    bare: dict[str, list[WorkItem]] = {}
    unmarked = [
        each for each in work_items if each.marker is None and not each.is_epic and rules.is_child(each)
    ]
    for sighting in (*duplicate_numbers, *unmarked):
        if kind := rules.kind_by_marker_or_label(sighting):
            bare.setdefault(kind.name, []).append(sighting)
    items: list[Item] = []
    findings: list[Finding] = []
    for name, candidates in bare.items():
        kind = rules.process.kinds[name]
        if kind.repeat is Repeat.ON_DEMAND:
            items += _assign_numbers(rules, kind, candidates, by_key)
        elif _is_single(rules, kind) and kind.item not in by_key:
            trusted = [each for each in candidates if rules.is_trusted(each) and not rules.is_misplaced(each)]
            items += [_to_item(rules, kind.item, each) for each in trusted if len(trusted) == 1]
            findings += report_ambiguous(rules, kind, trusted)
        elif not _is_single(rules, kind):
            findings += report_unmarked_occurrences(
                rules, [each for each in candidates if each.is_open and rules.is_trusted(each)]
            )
    return items, findings


def _is_single(rules: TrustRules, kind: Kind) -> bool:
    if kind.repeat is Repeat.MILESTONE:
        return not rules.engagement.milestones
    return kind.repeat is Repeat.ONCE


def _assign_numbers(
    rules: TrustRules, kind: Kind, unnumbered: Iterable[WorkItem], taken_keys: Mapping[str, object]
) -> Iterator[Item]:
    """Yield what people have opened on demand, each with the lowest free number."""
    taken = set(taken_keys)
    for sighting in unnumbered:
        if sighting.is_open:
            key = f"{kind.item}/{lowest_free_number(kind, taken)}"
            taken.add(key)
            yield _to_item(rules, key, sighting)


def _to_item(rules: TrustRules, key: str, work_item: WorkItem) -> Item:
    kind = rules.process.kind_of_key(key)
    is_epic = key == EPIC
    return replace(
        to_item(work_item),
        key=key,
        kind=kind.name if kind else key.partition("/")[0],
        is_detached=not is_epic and rules.epic is not None and work_item.parent != rules.epic.gid,
        is_created_by_machine=work_item.author is not None and is_machine(work_item.author, rules.process),
        created_by=work_item.author.username if work_item.author else None,
    )

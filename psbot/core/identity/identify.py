"""Match work items in GitLab to the items of an engagement: by marker, author and parent.

Where a person has removed the marker, a child is matched by its kind label; one of several of a kind also by its title
and due date.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from psbot.core.desired.schedule import occurrence_key
from psbot.core.identity.findings import (
    report_ambiguous,
    report_misplaced,
    report_other_types,
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
    """The items of one engagement, and the findings about those that could not be matched.

    ``orphans`` are the references of marked children that have no epic.
    """

    snapshot: Snapshot
    findings: tuple[Finding, ...] = ()
    orphans: tuple[str, ...] = ()


class UntrustedEpic(Exception):
    """The engagement's only epic was created by an account that is neither a machine's nor listed under people:."""

    def __init__(self, epic: WorkItem) -> None:
        super().__init__(epic.reference)
        self.epic = epic


def find_epics(engagement: Engagement, process: Process, epics: Iterable[WorkItem]) -> list[WorkItem]:
    """Return those of *epics* that carry the marker of the engagement's epic and are trusted; the epic comes first.

    Of several, the open one with the lowest id is the epic. Raises UntrustedEpic where the marker is there but no
    author is trusted: to create another epic could create the whole engagement twice.
    """
    rules = TrustRules(engagement, process, None, frozenset())
    marked = [
        epic
        for epic in epics
        if _has_marker_of(epic, engagement) and marker_key(epic) == EPIC and epic.is_epic
    ]
    trusted = [epic for epic in marked if rules.is_trusted(epic)]
    if marked and not trusted:
        raise UntrustedEpic(min(marked, key=_by_state_and_number))
    return sorted(trusted, key=_by_state_and_number)


def find_unmarked_epic(
    engagement: Engagement, children: Iterable[WorkItem], epics: Mapping[str, WorkItem]
) -> WorkItem | None:
    """Return the epic whose marker was removed: the one unmarked epic above the engagement's marked children."""
    parents = {child.parent for child in children if _has_marker_of(child, engagement)}
    unmarked = [epics[gid] for gid in parents if gid and gid in epics and epics[gid].marker is None]
    return unmarked[0] if len(unmarked) == 1 else None


def find_unmarked_items(
    engagement: Engagement, process: Process, labelled: Iterable[WorkItem], unmarked_epics: Collection[str]
) -> list[WorkItem]:
    """Return the items of *labelled*, without markers, that look like those of *engagement*, which has no epic.

    They are in its projects, have no parent or one of *unmarked_epics* (global ids), and a trusted author: a customer's
    copy of an item is none. What people create on demand may be there before psbot.
    """
    rules = TrustRules(engagement, process, None, frozenset(unmarked_epics))
    places = {engagement.gitlab.project.casefold(), engagement.gitlab.internal.casefold()}
    return [
        each
        for each in labelled
        if each.marker is None
        and not (each.is_epic or each.is_moved)
        and each.namespace.casefold() in places
        and (each.parent is None or rules.is_child(each))
        and rules.is_trusted(each)
        and (kind := rules.kind_by_label(each)) is not None
        and kind.repeat is not Repeat.ON_DEMAND
    ]


def identify(
    engagement: Engagement, process: Process, epics: list[WorkItem], others: Iterable[WorkItem]
) -> IdentifiedItems:
    """Return what *engagement* has in GitLab.

    *epics* are its epics, the epic first (see :func:`find_epics`); *others* the children of all of them, and the
    items that carry a marker of the engagement anywhere else. The copy that GitLab keeps of a moved item is ignored,
    and so is a marker on an item whose author is not trusted.
    """
    rules = TrustRules(
        engagement, process, epics[0] if epics else None, frozenset(epic.gid for epic in epics)
    )
    by_gid = {each.gid: each for each in others if not each.is_moved}
    work_items = sorted(by_gid.values(), key=lambda each: each.numeric_id)
    marked = [each for each in work_items if _has_marker_of(each, engagement)]
    ours = [each for each in marked if _is_ours(rules, each)]
    if rules.epic is None:
        return IdentifiedItems(Snapshot(), orphans=tuple(each.reference for each in ours))
    placed = [each for each in ours if not rules.is_misplaced(each)]
    recognised = [each for each in placed if not each.other_type]
    by_key = _group_by_key(rules, recognised)
    adopted, findings = _adopt_unmarked(rules, work_items, by_key, _duplicate_numbers(rules, by_key))
    children = [_to_item(rules, key, each) for key, group in by_key.items() for each in group[:1]] + adopted
    gids = {each.gid for each in placed}
    keys = {item.key for item in children}
    changed = [each for each in placed if each.other_type and str(marker_key(each)) not in keys]
    ignored = _Ignored.of(rules, [each for each in marked if each.gid not in gids], children)
    snapshot = Snapshot(
        epic=_to_item(rules, EPIC, rules.epic),
        children=tuple(children),
        duplicates=tuple(_duplicates(rules, by_key, epics)),
        untrusted=frozenset(str(marker_key(each)) for each in (*ignored.untrusted_children, *changed)),
    )
    return IdentifiedItems(snapshot, (*findings, *report_other_types(changed), *ignored.findings()))


@dataclass(frozen=True, slots=True)
class _Ignored:
    """Marked work items that do not count, by the reason."""

    misplaced: tuple[WorkItem, ...]
    untrusted: tuple[WorkItem, ...]
    untrusted_children: tuple[WorkItem, ...]

    @classmethod
    def of(cls, rules: TrustRules, work_items: Iterable[WorkItem], children: Iterable[Item]) -> "_Ignored":
        """Sort *work_items*; an untrusted child of the epic matters where no item of *children* has its key."""
        keys = {item.key for item in children}
        misplaced: list[WorkItem] = []
        untrusted: list[WorkItem] = []
        untrusted_children: list[WorkItem] = []
        for each in work_items:
            if not each.is_epic and rules.is_misplaced(each):
                misplaced.append(each)
            elif rules.is_child(each) and marker_key(each) not in keys:
                untrusted_children.append(each)
            else:
                untrusted.append(each)
        return cls(tuple(misplaced), tuple(untrusted), tuple(untrusted_children))

    def findings(self) -> Iterator[Finding]:
        """Yield a finding for each."""
        yield from report_misplaced(self.misplaced)
        yield from report_untrusted_markers(self.untrusted)
        yield from report_untrusted_items(self.untrusted_children)


def _duplicates(
    rules: TrustRules, by_key: Mapping[str, list[WorkItem]], epics: list[WorkItem]
) -> Iterator[Item]:
    """Yield the open items whose marker an item of the snapshot carries too, epics last."""
    for key, group in by_key.items():
        yield from (_to_item(rules, key, each) for each in group[1:] if each.is_open)
    yield from (_to_item(rules, EPIC, each) for each in epics[1:] if each.is_open)


def _has_marker_of(work_item: WorkItem, engagement: Engagement) -> bool:
    note = work_item.marker
    return note is not None and note.engagement == engagement.key and not work_item.is_moved


def _is_ours(rules: TrustRules, work_item: WorkItem) -> bool:
    if work_item.is_epic or marker_key(work_item) == EPIC:
        return False
    return rules.is_trusted(work_item) or rules.is_on_demand(work_item)


def _by_state_and_number(work_item: WorkItem) -> tuple[bool, int]:
    return (not work_item.is_open, work_item.numeric_id)


def _group_by_key(rules: TrustRules, recognised: Iterable[WorkItem]) -> dict[str, list[WorkItem]]:
    """Return the work items by key, in each group the one that counts first.

    Open before closed, then the lowest id; children of a second epic, created by a concurrent run, come last.
    """
    by_key: dict[str, list[WorkItem]] = {}
    for each in recognised:
        by_key.setdefault(str(marker_key(each)), []).append(each)
    duplicate_epics = rules.epic_gids - {rules.epic.gid if rules.epic else ""}
    for group in by_key.values():
        group.sort(key=lambda each: (not each.is_open, each.parent in duplicate_epics, each.numeric_id))
    return by_key


def _duplicate_numbers(rules: TrustRules, by_key: dict[str, list[WorkItem]]) -> list[WorkItem]:
    """Take out of *by_key*, and return, open items that got the same number from concurrent runs for other requests."""
    removed: list[WorkItem] = []
    for key, group in by_key.items():
        kind, first = rules.process.kind_of_key(key), marker.request_key_of(group[0].marker)
        if kind is None or kind.repeat is not Repeat.ON_DEMAND:
            continue
        others = [each for each in group[1:] if each.is_open and marker.request_key_of(each.marker) != first]
        group[:] = [each for each in group if each not in others]
        removed += others
    return sorted(removed, key=lambda each: each.numeric_id)


def _adopt_unmarked(
    rules: TrustRules,
    work_items: list[WorkItem],
    by_key: Mapping[str, object],
    duplicate_numbers: Iterable[WorkItem],
) -> tuple[list[Item], list[Finding]]:
    """Return the children without a marker that can be matched all the same, and findings about the others."""
    by_kind: dict[str, list[WorkItem]] = {}
    unmarked = [
        each
        for each in work_items
        if each.marker is None and not (each.is_epic or each.other_type) and rules.is_child(each)
    ]
    for work_item in (*duplicate_numbers, *unmarked):
        if kind := rules.kind_by_marker_or_label(work_item):
            by_kind.setdefault(kind.name, []).append(work_item)
    items: list[Item] = []
    findings: list[Finding] = []
    for name, candidates in by_kind.items():
        kind = rules.process.kinds[name]
        if kind.repeat is Repeat.ON_DEMAND:
            items += _assign_numbers(rules, kind, candidates, by_key)
        elif _is_single(rules, kind) and kind.item not in by_key:
            trusted = [each for each in candidates if rules.is_trusted(each) and not rules.is_misplaced(each)]
            items += [_to_item(rules, kind.item, each) for each in trusted if len(trusted) == 1]
            findings += report_ambiguous(rules, kind, trusted)
        elif not _is_single(rules, kind):
            trusted = [each for each in candidates if rules.is_trusted(each)]
            matched = dict(_match_occurrences(rules, kind, trusted, by_key))
            items += [_to_item(rules, key, each) for key, each in matched.items()]
            others = [each for each in trusted if each.is_open and each not in matched.values()]
            findings += report_unmarked_occurrences(rules, kind, others)
    return items, findings


def _match_occurrences(
    rules: TrustRules, kind: Kind, candidates: Iterable[WorkItem], taken_keys: Mapping[str, object]
) -> Iterator[tuple[str, WorkItem]]:
    """Yield the *candidates* whose title and due date are those of one item of *kind*, with its key."""
    by_key: dict[str, list[WorkItem]] = {}
    for each in candidates:
        key = occurrence_key(kind, rules.engagement, each.title, each.due_on)
        if key and key not in taken_keys and not rules.is_misplaced(each):
            by_key.setdefault(key, []).append(each)
    yield from ((key, several[0]) for key, several in by_key.items() if len(several) == 1)


def _is_single(rules: TrustRules, kind: Kind) -> bool:
    if kind.repeat is Repeat.MILESTONE:
        return not rules.engagement.milestones
    return kind.repeat is Repeat.ONCE


def _assign_numbers(
    rules: TrustRules, kind: Kind, unnumbered: Iterable[WorkItem], taken_keys: Iterable[str]
) -> Iterator[Item]:
    """Yield open items that people have created on demand, each with the lowest free number."""
    taken = set(taken_keys)
    for work_item in unnumbered:
        if work_item.is_open:
            key = f"{kind.item}/{lowest_free_number(kind, taken)}"
            taken.add(key)
            yield _to_item(rules, key, work_item)


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

"""Which of the work items seen in GitLab are an engagement's: by marker, author and parent, never by title."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from psbot.core.identity.findings import _ambiguous, _disputed, _foreign, _misplaced, _nameless
from psbot.core.identity.trust import _Case, _key
from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import EPIC, Kind, Process, Repeat, lowest_free
from psbot.core.model.work_item import Sighting, as_item, is_machine
from psbot.core.text import marker


@dataclass(frozen=True, slots=True)
class Identified:
    """What belongs to one engagement, and what a person should know about it.

    ``lost`` are the references of marked children that have no epic.
    """

    snapshot: Snapshot
    findings: tuple[Finding, ...] = ()
    lost: tuple[str, ...] = ()


class UntrustedEpic(Exception):
    """The engagement's only epic was made by somebody who is neither a machine nor one of its people."""

    def __init__(self, epic: Sighting) -> None:
        super().__init__(epic.reference)
        self.epic = epic


def epics_of(engagement: Engagement, process: Process, epics: Iterable[Sighting]) -> list[Sighting]:
    """Return those of *epics* that carry the marker of the engagement's epic and count; the epic comes first.

    Of several the open one with the lowest id is the epic. Raises UntrustedEpic where none counts, but only
    because of who made it: to make one more could make the whole engagement twice.
    """
    case = _Case(engagement, process, None, frozenset())
    marked = [epic for epic in epics if _is_marked(epic, engagement) and _key(epic) == EPIC and epic.is_epic]
    counted = [epic for epic in marked if case.is_trusted(epic)]
    if marked and not counted:
        raise UntrustedEpic(min(marked, key=_by_state_and_number))
    return sorted(counted, key=_by_state_and_number)


def unmarked_epic(
    engagement: Engagement, children: Iterable[Sighting], epics: Mapping[str, Sighting]
) -> Sighting | None:
    """Return the epic whose marker was removed: the one unmarked epic above the engagement's marked children."""
    parents = {child.parent for child in children if _is_marked(child, engagement)}
    bare = [epics[gid] for gid in parents if gid and gid in epics and epics[gid].marker is None]
    return bare[0] if len(bare) == 1 else None


def identify(
    engagement: Engagement, process: Process, epics: list[Sighting], others: Iterable[Sighting]
) -> Identified:
    """Return what *engagement* has in GitLab.

    *epics* are its epics, the epic first (see :func:`epics_of`); *others* the children of all of them, and the
    items that carry a marker of the engagement anywhere else. An item that was moved out leaves a copy that is
    ignored; a marker on an item that neither a machine nor one of the engagement's people made does not count.
    """
    case = _Case(engagement, process, epics[0] if epics else None, frozenset(epic.gid for epic in epics))
    seen = {each.gid: each for each in others if not each.is_moved}
    rest = sorted(seen.values(), key=lambda each: each.number)
    ours = [each for each in rest if _is_marked(each, engagement) and _is_ours(case, each)]
    if case.epic is None:
        return Identified(Snapshot(), lost=tuple(each.reference for each in ours))
    counted = [each for each in ours if not case.is_misplaced(each)]
    found = _by_key(case, counted)
    adopted, findings = _unmarked(case, rest, found, _misnumbered(case, found))
    items = [_item(case, key, each) for key, group in found.items() for each in group[:1]] + adopted
    duplicates = [
        _item(case, key, each) for key, group in found.items() for each in group[1:] if each.is_open
    ]
    duplicates += [_item(case, EPIC, each) for each in epics[1:] if each.is_open]
    gids = {each.gid for each in counted}
    foreign = [each for each in rest if _is_marked(each, engagement) and each.gid not in gids]
    known = {item.key for item in items}
    misplaced = [each for each in foreign if not each.is_epic and case.is_misplaced(each)]
    foreign = [each for each in foreign if each not in misplaced]
    disputed = [each for each in foreign if case.hangs_here(each) and _key(each) not in known]
    snapshot = Snapshot(
        epic=_item(case, EPIC, case.epic),
        children=tuple(items),
        duplicates=tuple(duplicates),
        disputed=frozenset(str(_key(each)) for each in disputed),
    )
    strangers = [each for each in foreign if each not in disputed]
    said = (*findings, *_misplaced(misplaced), *_foreign(strangers), *_disputed(disputed))
    return Identified(snapshot, said)


def _is_marked(sighting: Sighting, engagement: Engagement) -> bool:
    note = sighting.marker
    return note is not None and note.engagement == engagement.key and not sighting.is_moved


def _is_ours(case: _Case, sighting: Sighting) -> bool:
    if sighting.is_epic or _key(sighting) == EPIC:
        return False
    return case.is_trusted(sighting) or case.is_on_demand(sighting)


def _by_state_and_number(sighting: Sighting) -> tuple[bool, int]:
    return (not sighting.is_open, sighting.number)


def _by_key(case: _Case, counted: Iterable[Sighting]) -> dict[str, list[Sighting]]:
    """Return the sightings by key, the one that is the item first.

    Open before closed, then the lowest id; what hangs under a second epic, made in a race, comes last.
    """
    found: dict[str, list[Sighting]] = {}
    for sighting in counted:
        found.setdefault(str(_key(sighting)), []).append(sighting)
    second = case.epic_gids - {case.epic.gid if case.epic else ""}
    for group in found.values():
        group.sort(key=lambda each: (not each.is_open, each.parent in second, each.number))
    return found


def _misnumbered(case: _Case, found: dict[str, list[Sighting]]) -> list[Sighting]:
    """Take out of *found*, and return, open items that were given one number at the same time, asked for otherwise."""
    taken: list[Sighting] = []
    for key, group in found.items():
        kind, first = case.kind_of(key), marker.asked(group[0].marker)
        if kind is None or kind.repeat is not Repeat.ON_DEMAND:
            continue
        others = [each for each in group[1:] if each.is_open and marker.asked(each.marker) != first]
        group[:] = [each for each in group if each not in others]
        taken += others
    return sorted(taken, key=lambda each: each.number)


def _unmarked(
    case: _Case, rest: list[Sighting], found: Mapping[str, object], misnumbered: Iterable[Sighting]
) -> tuple[list[Item], list[Finding]]:
    """Return the children without a marker that are items all the same, and where psbot cannot tell."""
    bare: dict[str, list[Sighting]] = {}
    unmarked = [each for each in rest if each.marker is None and not each.is_epic and case.hangs_here(each)]
    for sighting in (*misnumbered, *unmarked):
        if kind := case.kind_meant(sighting):
            bare.setdefault(kind.name, []).append(sighting)
    items: list[Item] = []
    findings: list[Finding] = []
    for name, candidates in bare.items():
        kind = case.process.kinds[name]
        if kind.repeat is Repeat.ON_DEMAND:
            items += _numbered(case, kind, candidates, found)
        elif _is_single(case, kind) and kind.item not in found:
            trusted = [each for each in candidates if case.is_trusted(each) and not case.is_misplaced(each)]
            items += [_item(case, kind.item, each) for each in trusted if len(trusted) == 1]
            findings += _ambiguous(case, kind, trusted)
        elif not _is_single(case, kind):
            findings += _nameless(
                case, [each for each in candidates if each.is_open and case.is_trusted(each)]
            )
    return items, findings


def _is_single(case: _Case, kind: Kind) -> bool:
    if kind.repeat is Repeat.MILESTONE:
        return not case.engagement.milestones
    return kind.repeat is Repeat.ONCE


def _numbered(
    case: _Case, kind: Kind, opened: Iterable[Sighting], found: Mapping[str, object]
) -> Iterator[Item]:
    """Yield what people have opened on demand, each with the lowest free number."""
    taken = set(found)
    for sighting in opened:
        if sighting.is_open:
            key = f"{kind.item}/{lowest_free(kind, taken)}"
            taken.add(key)
            yield _item(case, key, sighting)


def _item(case: _Case, key: str, sighting: Sighting) -> Item:
    kind = case.kind_of(key)
    is_epic = key == EPIC
    return replace(
        as_item(sighting),
        key=key,
        kind=kind.name if kind else key.partition("/")[0],
        is_adrift=not is_epic and case.epic is not None and sighting.parent != case.epic.gid,
        by_machine=sighting.author is not None and is_machine(sighting.author, case.process),
        made_by=sighting.author.username if sighting.author else None,
    )

"""Which of the work items seen in GitLab are an engagement's: by marker, author and parent, never by title."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from psbot.core import marker
from psbot.core.drafts import lowest_free
from psbot.core.engagement import Engagement
from psbot.core.findings import Finding, Severity
from psbot.core.labels import Catalogue
from psbot.core.model import Item, NewestNote, Snapshot
from psbot.core.process import EPIC, Kind, PlaceKind, Process, Repeat


def number_of(gid: str) -> int:
    """Return the number at the end of a global id; it grows with time."""
    return int(gid.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Author:
    """Who made an item; GitLab gives the items of deleted accounts to one account, the ghost."""

    username: str
    is_machine: bool = False
    is_ghost: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """A work item as GitLab shows it; ``gid`` and ``parent`` are global ids, ``newest`` is its newest note."""

    gid: str
    iid: int
    namespace: str
    title: str
    description: str
    author: Author | None
    is_epic: bool = False
    labels: frozenset[str] = frozenset()
    assignees: tuple[str, ...] = ()
    start_on: date | None = None
    due_on: date | None = None
    confidential: bool = False
    is_open: bool = True
    url: str | None = None
    parent: str | None = None
    is_moved: bool = False
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    seconds_spent: int = 0
    label_gids: Mapping[str, str] = field(default_factory=dict)
    made_at: datetime | None = None
    newest: NewestNote | None = None

    @property
    def number(self) -> int:
        """Return the id by which GitLab counts items of all places."""
        return number_of(self.gid)

    @property
    def marker(self) -> marker.Marker | None:
        """Return the marker of the description."""
        return marker.read(self.description)

    @property
    def reference(self) -> str:
        """Return the full reference, as GitLab writes it."""
        return f"{self.namespace}{'&' if self.is_epic else '#'}{self.iid}"


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


def people(engagement: Engagement) -> frozenset[str]:
    """Return the usernames that the engagement file names under ``people:``."""
    named = (engagement.manager, engagement.project_manager, engagement.delivery_lead, *engagement.engineers)
    return frozenset(name for name in named if name)


def is_machine(author: Author, process: Process) -> bool:
    """Tell whether an account is psbot's or another machine's: flagged by GitLab, or listed in the process."""
    return author.is_machine or author.username in process.machine_accounts


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


def as_item(sighting: Sighting) -> Item:
    """Return the fields that an item and a sighting share; key and kind are not known from them."""
    return Item(
        key="",
        kind="",
        namespace=sighting.namespace,
        title=sighting.title,
        description=sighting.description,
        labels=sighting.labels,
        assignees=sighting.assignees,
        start_on=sighting.start_on,
        due_on=sighting.due_on,
        confidential=sighting.confidential,
        is_open=sighting.is_open,
        iid=sighting.iid,
        gid=sighting.gid,
        url=sighting.url,
        updated_at=sighting.updated_at,
        closed_at=sighting.closed_at,
        seconds_spent=sighting.seconds_spent,
        made_at=sighting.made_at,
        newest=sighting.newest,
    )


def as_seen(item: Item, sighting: Sighting) -> Item:
    """Return *item*, of which everything but who and what it is has been seen anew."""
    return replace(
        as_item(sighting), key=item.key, kind=item.kind, by_machine=item.by_machine, made_by=item.made_by
    )


def kind_filter(catalogue: Catalogue) -> str:
    """Return the label filter that matches every item kind (GitLab, scoped labels: ``scope::*``)."""
    return f"{catalogue.scopes['kind'].name}::*"

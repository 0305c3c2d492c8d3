"""Group."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from itertools import groupby, islice

from psbot.core.identity import identify as identity
from psbot.core.identity.findings import maker
from psbot.core.model.engagement import Engagement
from psbot.core.model.labels import kind_filter
from psbot.core.model.process import Process
from psbot.core.model.work_item import Sighting, as_item, number_of
from psbot.core.records import phase as phases
from psbot.core.records.ownership import TITLE
from psbot.core.text import marker
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import Part
from psbot.gitlab.ports import ForgeReader
from psbot.gitlab.values import Access
from psbot.observe.access import unseen
from psbot.observe.observation import Elsewhere, Handles, Look, Observation, Observed, Reach
from psbot.observe.pages import Ahead, Listing, turn
from psbot.observe.spool import Spool

_PARENTS = 100  # parents in one filter (GitLab, WorkItem filters)


class _Group:
    """All listings of one group, read once for all of its engagements."""

    def __init__(  # noqa: PLR0917  what one listing of a group needs, each once
        self,
        reader: ForgeReader,
        group: str,
        engagements: list[Engagement],
        process: Process,
        access: Access,
        label_group: str,
        look: Look,
    ) -> None:
        self.look = look
        self.reader = reader
        self.group = group
        self.process = process
        self.access = access
        self.labels = {label_group: access.labels}
        self.engagements = engagements
        self.keys = frozenset(engagement.key for engagement in engagements)
        self.spool = Spool()
        self.strays: dict[str, list[str]] = {}
        self.titles: dict[str, str] = {}
        self.listed: set[int] = set()
        # Epics whose children are to be listed, by global id, with their engagement; of how many that has begun.
        self.opened: dict[str, str] = {}
        self.begun = 0
        self.has_looked = False
        self.reading = Ahead(reader, group, lambda page: self._shelve(page.items), process.limits.connections)
        try:
            self._list()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the reading and give the file back."""
        self.reading.close()
        self.spool.close()

    def observed(self) -> Iterator[tuple[Engagement, Observed]]:
        """Yield each engagement with its observation, as soon as its items are there."""
        waiting = {engagement.key: engagement for engagement in self.engagements}
        try:
            for engagement, lists in self._in_order():
                self.reading.await_first(lists)
                del waiting[engagement.key]
                yield engagement, self._seen(engagement)
        except GitLabError as error:
            yield from ((engagement, error) for engagement in waiting.values())

    def _in_order(self) -> list[tuple[Engagement, int]]:
        """Return the engagements with how many lists have to be there before all items of theirs are."""
        lists = {key: number // _PARENTS + 1 for number, key in enumerate(self.opened.values())}
        if self.look.is_thorough:
            lists = {}  # everything was listed
        pairs = [(engagement, lists.get(engagement.key, 0)) for engagement in self.engagements]
        return sorted(pairs, key=lambda pair: pair[1])

    def _seen(self, engagement: Engagement) -> Observed:
        try:
            return self._observation(engagement)
        except GitLabError as error:
            return error

    def _observation(self, engagement: Engagement) -> Observation:
        """Return the observation of one engagement from what was listed."""
        marked = self.spool.take(_epic_shelf(engagement.key))
        try:
            epics = identity.epics_of(engagement, self.process, marked)
        except identity.UntrustedEpic as error:
            raise _untrusted(engagement, error.epic) from None
        others = self._named(self.strays.get(engagement.key, []))
        if not epics and others and (bare := self._unmarked_epic(engagement, others)):
            epics = [bare]
            others += self._children([bare.gid])
        for epic in marked:  # those that do not count too: people may have dragged items below a copy
            others += self.spool.take(epic.gid)
        found = identity.identify(engagement, self.process, epics, others)
        if found.lost:
            raise self._why_lost(engagement, others, found.lost)
        labels = self._labels_of(engagement)
        return Observation(
            replace(found.snapshot, labels=frozenset(labels)),
            self.access.account,
            Handles(labels, _types(self.access)),
            found.findings,
            self._label_level(engagement),
            self.titles,
            frozenset(each.gid for each in (*epics, *others)),
            reach=self._reach(epics),
        )

    def _reach(self, epics: Sequence[Sighting]) -> Reach:
        if self.look.is_thorough:
            return Reach.ALL
        if not self.has_looked:
            return Reach.NOTHING
        return Reach.CHILDREN if all(each.gid in self.opened for each in epics) else Reach.EPIC

    def _list(self) -> None:
        """List the epics and, where labelled items are asked for, all that is below them and those."""
        awake = self._awake(self.engagements)
        if not awake:
            return
        self.has_looked = True
        labelled = Listing(Part.LABELLED, (kind_filter(self.process.catalogue),))
        labelled.is_done = not self.look.is_thorough
        epics = self._listing(Part.EPICS, ())
        while not epics.is_done:
            for epic in self._turn(epics, labelled, self.listed):
                self.listed.add(epic.number)
                self._shelve_epic(epic, awake)
            self._begin(_PARENTS)
        epics.require(self.access.epics or 0)
        self._begin(1)
        if not self.look.is_thorough:
            return
        for listing in self._lists_of_children(1):
            while not listing.is_done:
                children = self._turn(listing, labelled, self.listed)
                self.listed.update(child.number for child in children)
                self._shelve(children)
        while not labelled.is_done:
            self._turn(labelled, labelled, self.listed)
        self.strays = {
            key: [gid for gid in gids if number_of(gid) not in self.listed]
            for key, gids in self.strays.items()
        }

    def _begin(self, least: int) -> None:
        """Begin to read lists of children; beside labelled items these are not read in the background."""
        if not self.look.is_thorough:
            for listing in self._lists_of_children(least):
                self.reading.begin(listing)

    def _lists_of_children(self, least: int) -> Iterator[Listing]:
        """Yield lists below those epics that are in none yet, of at least *least* epics each."""
        while len(epics := list(islice(self.opened, self.begun, self.begun + _PARENTS))) >= least:
            self.begun += len(epics)
            yield self._listing(Part.CHILDREN, epics)

    def _shelve(self, children: Iterable[Sighting]) -> None:
        for parent, siblings in groupby(children, key=lambda child: child.parent):
            self.spool.put(str(parent), list(siblings))

    def _awake(self, engagements: list[Engagement]) -> frozenset[str]:
        """Return the keys of engagements, and the ids of epics, in which something may have changed."""
        due = {each.key for each in engagements if self.look.begins_a_day(each)}
        if self.look.since is None:
            return frozenset(due)
        moved = Listing(Part.MOVED, (self.look.since.isoformat(),))
        while not moved.is_done:
            for each in turn(self.reader, self.group, [moved])[moved].briefs:
                note = marker.read(each.description)
                due |= {note.engagement} & self.keys if note else set()
                due |= {each.parent} if each.parent else set()
        return frozenset(due)

    def _turn(self, listing: Listing, labelled: Listing, listed: set[int]) -> tuple[Sighting, ...]:
        """Read the next page of a listing and, beside it, of the labelled items; note those of our markers."""
        pending = [each for each in dict.fromkeys((listing, labelled)) if not each.is_done]
        pages = turn(self.reader, self.group, pending)
        for brief in pages[labelled].briefs if labelled in pages else ():
            note = marker.read(brief.description)
            if note and note.engagement in self.keys and number_of(brief.gid) not in listed:
                self.strays.setdefault(note.engagement, []).append(brief.gid)
        return pages[listing].items if listing in pages else ()

    def _shelve_epic(self, epic: Sighting, awake: frozenset[str]) -> None:
        """Keep an epic, and note where its children matter: it is that of one of our engagements."""
        note = epic.marker
        if note and note.engagement in self.keys:
            self.spool.put(_epic_shelf(note.engagement), [epic])
            is_awake = epic.gid in awake or note.engagement in awake
            if self.look.is_thorough or (is_awake and not phases.ended(as_item(epic), self.process)):
                self.opened[epic.gid] = note.engagement
        elif note is None:
            self.spool.put(f"bare {epic.gid}", [epic])
        elif title := note.memory.get(TITLE):
            self.titles[title] = f"{epic.reference} of {note.engagement}"

    def _unmarked_epic(self, engagement: Engagement, strays: list[Sighting]) -> Sighting | None:
        parents = {each.parent for each in strays if each.parent}
        bare = {gid: each for gid in parents for each in self.spool.take(f"bare {gid}")}
        return identity.unmarked_epic(engagement, strays, bare)

    def _children(self, parents: list[str]) -> list[Sighting]:
        return self._all(self._listing(Part.CHILDREN, parents))

    def _named(self, gids: list[str]) -> list[Sighting]:
        found: list[Sighting] = []
        for start in range(0, len(gids), _PARENTS):
            found += self._all(self._listing(Part.NAMED, gids[start : start + _PARENTS]))
        return found

    def _listing(self, part: Part, values: Sequence[str]) -> Listing:
        return Listing(part, tuple(values), with_newest=self.look.with_newest)

    def _all(self, listing: Listing) -> list[Sighting]:
        found: list[Sighting] = []
        while not listing.is_done:
            found += turn(self.reader, self.group, [listing])[listing].items
        return found

    def _label_level(self, engagement: Engagement) -> int | None:
        place = self.access.label_group
        return place.level if place and place.path == engagement.gitlab.label_group else None

    def _why_lost(
        self, engagement: Engagement, others: Iterable[Sighting], lost: Sequence[str]
    ) -> GitLabError:
        """Return what stops the run: the epic is gone, or the file names another group than the epic's."""
        error = _without_epic(engagement, lost)
        parents = {number_of(each.parent) for each in others if each.parent and each.reference in lost}
        if parents - self.listed:
            hint = "an engagement stays where it began; change gitlab.group back, or move the epic"
            return Elsewhere(f"{error.message}: they hang under one of another group", hint)
        return error

    def _labels_of(self, engagement: Engagement) -> Mapping[str, str]:
        group = engagement.gitlab.label_group
        if group not in self.labels:
            self.labels[group] = self.reader.fetch_labels(group)
        labels = self.labels[group]
        if labels is None:
            raise GitLabError(*astuple(unseen(group, "gitlab.label_group")))
        return labels


def _epic_shelf(key: str) -> str:
    return f"epic {key}"


def _types(access: Access) -> dict[str, str]:
    places = [access.group, *access.projects.values()]
    return {place.path: place.item_type for place in places if place and place.item_type}


def _untrusted(engagement: Engagement, epic: Sighting) -> GitLabError:
    return GitLabError(
        f"{engagement.key}: {epic.reference} carries the marker of its epic, but {maker(epic)} made it, who "
        "is neither a machine nor one of the engagement's people",
        "name the account in people: or config/accounts.yml, or take the marker away; psbot makes nothing twice",
    )


def _without_epic(engagement: Engagement, lost: Sequence[str]) -> GitLabError:
    shown = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")  # noqa: PLR2004
    return GitLabError(
        f"{engagement.key}: {shown} carry its markers, but it has no epic in {engagement.gitlab.group}",
        "if the epic was deleted or moved, restore it, or delete these items; psbot makes nothing twice",
    )

"""Group."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from itertools import groupby, islice

from psbot.core.identity import identify
from psbot.core.identity.findings import author_name
from psbot.core.model.engagement import Engagement
from psbot.core.model.labels import kind_label_filter
from psbot.core.model.process import Process
from psbot.core.model.work_item import WorkItem, numeric_id_of, to_item
from psbot.core.records import phase
from psbot.core.records.ownership import TITLE_KEY
from psbot.core.text import marker
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import Reader
from psbot.gitlab.values import Access
from psbot.observe.access import not_visible
from psbot.observe.observation import Depth, GlobalIds, Observation, ObservationResult, ReadScope, WrongGroup
from psbot.observe.pages import BackgroundReader, PagedList, read_page
from psbot.observe.spool import DiskBuffer

_PARENTS_PER_LIST = 100  # parents in one filter (GitLab, WorkItem filters)


class GroupReader:
    """All listings of one group, read once for all of its engagements."""

    def __init__(  # noqa: PLR0917  what one listing of a group needs, each once
        self,
        reader: Reader,
        group: str,
        engagements: list[Engagement],
        process: Process,
        access: Access,
        label_group: str,
        scope: ReadScope,
    ) -> None:
        self.scope = scope
        self.reader = reader
        self.group = group
        self.process = process
        self.access = access
        self.labels = {label_group: access.labels}
        self.engagements = engagements
        self.keys = frozenset(engagement.key for engagement in engagements)
        self.buffer = DiskBuffer()
        self.unlisted: dict[str, list[str]] = {}
        self.epics_by_title: dict[str, str] = {}
        self.listed: set[int] = set()
        # Epics whose children are to be listed, by global id, with their engagement; of how many that has begun.
        self.with_children: dict[str, str] = {}
        self.started_count = 0
        self.has_listed = False
        self.background = BackgroundReader(
            reader, group, lambda page: self._store(page.items), process.limits.connections
        )
        try:
            self._read_lists()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the reading and give the file back."""
        self.background.close()
        self.buffer.close()

    def observations(self) -> Iterator[tuple[Engagement, ObservationResult]]:
        """Yield each engagement with its observation, as soon as its items are there."""
        waiting = {engagement.key: engagement for engagement in self.engagements}
        try:
            for engagement, lists in self._by_readiness():
                self.background.await_first(lists)
                del waiting[engagement.key]
                yield engagement, self._observation_or_error(engagement)
        except GitLabError as error:
            yield from ((engagement, error) for engagement in waiting.values())

    def _by_readiness(self) -> list[tuple[Engagement, int]]:
        """Return the engagements with how many lists have to be there before all items of theirs are."""
        lists = {
            key: number // _PARENTS_PER_LIST + 1 for number, key in enumerate(self.with_children.values())
        }
        if self.scope.is_full:
            lists = {}  # everything was listed
        pairs = [(engagement, lists.get(engagement.key, 0)) for engagement in self.engagements]
        return sorted(pairs, key=lambda pair: pair[1])

    def _observation_or_error(self, engagement: Engagement) -> ObservationResult:
        try:
            return self._observe(engagement)
        except GitLabError as error:
            return error

    def _observe(self, engagement: Engagement) -> Observation:
        """Return the observation of one engagement from what was listed."""
        marked = self.buffer.get(_epic_key(engagement.key))
        try:
            epics = identify.find_epics(engagement, self.process, marked)
        except identify.UntrustedEpic as error:
            raise _untrusted_epic_error(engagement, error.epic) from None
        others = self._fetch_by_id(self.unlisted.get(engagement.key, []))
        if not epics and others and (bare := self._unmarked_epic(engagement, others)):
            epics = [bare]
            others += self._fetch_children([bare.gid])
        for epic in marked:  # those that do not count too: people may have dragged items below a copy
            others += self.buffer.get(epic.gid)
        found = identify.identify(engagement, self.process, epics, others)
        if found.orphans:
            raise self._orphans_error(engagement, others, found.orphans)
        labels = self._labels_of(engagement)
        return Observation(
            replace(found.snapshot, labels=frozenset(labels)),
            self.access.account,
            GlobalIds(labels, _item_types(self.access)),
            found.findings,
            self._label_access_level(engagement),
            self.epics_by_title,
            frozenset(each.gid for each in (*epics, *others)),
            depth=self._depth(epics),
        )

    def _depth(self, epics: Sequence[WorkItem]) -> Depth:
        if self.scope.is_full:
            return Depth.ALL
        if not self.has_listed:
            return Depth.NOTHING
        return Depth.CHILDREN if all(each.gid in self.with_children for each in epics) else Depth.EPIC

    def _read_lists(self) -> None:
        """List the epics and, where labelled items are asked for, all that is below them and those."""
        awake = self._changed_since(self.engagements)
        if not awake:
            return
        self.has_listed = True
        labelled = PagedList(ItemList.LABELLED, (kind_label_filter(self.process.catalogue),))
        labelled.is_done = not self.scope.is_full
        epics = self._new_list(ItemList.EPICS, ())
        while not epics.is_done:
            for epic in self._read_page(epics, labelled, self.listed):
                self.listed.add(epic.numeric_id)
                self._store_epic(epic, awake)
            self._start_reading(_PARENTS_PER_LIST)
        epics.require_count(self.access.epic_count or 0)
        self._start_reading(1)
        if not self.scope.is_full:
            return
        for listing in self._child_lists(1):
            while not listing.is_done:
                children = self._read_page(listing, labelled, self.listed)
                self.listed.update(child.numeric_id for child in children)
                self._store(children)
        while not labelled.is_done:
            self._read_page(labelled, labelled, self.listed)
        self.unlisted = {
            key: [gid for gid in gids if numeric_id_of(gid) not in self.listed]
            for key, gids in self.unlisted.items()
        }

    def _start_reading(self, minimum: int) -> None:
        """Begin to read lists of children; beside labelled items these are not read in the background."""
        if not self.scope.is_full:
            for listing in self._child_lists(minimum):
                self.background.start(listing)

    def _child_lists(self, minimum: int) -> Iterator[PagedList]:
        """Yield lists below those epics that are in none yet, of at least *least* epics each."""
        while (
            len(
                epics := list(
                    islice(self.with_children, self.started_count, self.started_count + _PARENTS_PER_LIST)
                )
            )
            >= minimum
        ):
            self.started_count += len(epics)
            yield self._new_list(ItemList.CHILDREN, epics)

    def _store(self, children: Iterable[WorkItem]) -> None:
        for parent, siblings in groupby(children, key=lambda child: child.parent):
            self.buffer.put(str(parent), list(siblings))

    def _changed_since(self, engagements: list[Engagement]) -> frozenset[str]:
        """Return the keys of engagements, and the ids of epics, in which something may have changed."""
        due = {each.key for each in engagements if self.scope.starts_new_day(each)}
        if self.scope.since is None:
            return frozenset(due)
        moved = PagedList(ItemList.UPDATED, (self.scope.since.isoformat(),))
        while not moved.is_done:
            for each in read_page(self.reader, self.group, [moved])[moved].summaries:
                note = marker.parse_marker(each.description)
                due |= {note.engagement} & self.keys if note else set()
                due |= {each.parent} if each.parent else set()
        return frozenset(due)

    def _read_page(self, listing: PagedList, labelled: PagedList, listed: set[int]) -> tuple[WorkItem, ...]:
        """Read the next page of a listing and, beside it, of the labelled items; note those of our markers."""
        pending = [each for each in dict.fromkeys((listing, labelled)) if not each.is_done]
        pages = read_page(self.reader, self.group, pending)
        for brief in pages[labelled].summaries if labelled in pages else ():
            note = marker.parse_marker(brief.description)
            if note and note.engagement in self.keys and numeric_id_of(brief.gid) not in listed:
                self.unlisted.setdefault(note.engagement, []).append(brief.gid)
        return pages[listing].items if listing in pages else ()

    def _store_epic(self, epic: WorkItem, changed: frozenset[str]) -> None:
        """Keep an epic, and note where its children matter: it is that of one of our engagements."""
        note = epic.marker
        if note and note.engagement in self.keys:
            self.buffer.put(_epic_key(note.engagement), [epic])
            is_awake = epic.gid in changed or note.engagement in changed
            if self.scope.is_full or (
                is_awake and not phase.accepted_final_phase_finding(to_item(epic), self.process)
            ):
                self.with_children[epic.gid] = note.engagement
        elif note is None:
            self.buffer.put(f"bare {epic.gid}", [epic])
        elif title := note.memory.get(TITLE_KEY):
            self.epics_by_title[title] = f"{epic.reference} of {note.engagement}"

    def _unmarked_epic(self, engagement: Engagement, strays: list[WorkItem]) -> WorkItem | None:
        parents = {each.parent for each in strays if each.parent}
        bare = {gid: each for gid in parents for each in self.buffer.get(f"bare {gid}")}
        return identify.find_unmarked_epic(engagement, strays, bare)

    def _fetch_children(self, parents: list[str]) -> list[WorkItem]:
        return self._read_all(self._new_list(ItemList.CHILDREN, parents))

    def _fetch_by_id(self, gids: list[str]) -> list[WorkItem]:
        found: list[WorkItem] = []
        for start in range(0, len(gids), _PARENTS_PER_LIST):
            found += self._read_all(self._new_list(ItemList.BY_ID, gids[start : start + _PARENTS_PER_LIST]))
        return found

    def _new_list(self, part: ItemList, values: Sequence[str]) -> PagedList:
        return PagedList(part, tuple(values), with_newest_note=self.scope.with_newest_note)

    def _read_all(self, listing: PagedList) -> list[WorkItem]:
        found: list[WorkItem] = []
        while not listing.is_done:
            found += read_page(self.reader, self.group, [listing])[listing].items
        return found

    def _label_access_level(self, engagement: Engagement) -> int | None:
        place = self.access.label_group
        return place.access_level if place and place.path == engagement.gitlab.label_group else None

    def _orphans_error(
        self, engagement: Engagement, others: Iterable[WorkItem], lost: Sequence[str]
    ) -> GitLabError:
        """Return what stops the run: the epic is gone, or the file names another group than the epic's."""
        error = _missing_epic_error(engagement, lost)
        parents = {numeric_id_of(each.parent) for each in others if each.parent and each.reference in lost}
        if parents - self.listed:
            hint = "an engagement stays where it began; change gitlab.group back, or move the epic"
            return WrongGroup(f"{error.message}: they hang under one of another group", hint)
        return error

    def _labels_of(self, engagement: Engagement) -> Mapping[str, str]:
        group = engagement.gitlab.label_group
        if group not in self.labels:
            self.labels[group] = self.reader.fetch_labels(group)
        labels = self.labels[group]
        if labels is None:
            raise GitLabError(*astuple(not_visible(group, "gitlab.label_group")))
        return labels


def _epic_key(key: str) -> str:
    return f"epic {key}"


def _item_types(access: Access) -> dict[str, str]:
    places = [access.group, *access.projects.values()]
    return {place.path: place.item_type_gid for place in places if place and place.item_type_gid}


def _untrusted_epic_error(engagement: Engagement, epic: WorkItem) -> GitLabError:
    return GitLabError(
        f"{engagement.key}: {epic.reference} carries the marker of its epic, but {author_name(epic)} made it, who "
        "is neither a machine nor one of the engagement's people",
        "name the account in people: or config/accounts.yml, or take the marker away; psbot makes nothing twice",
    )


def _missing_epic_error(engagement: Engagement, lost: Sequence[str]) -> GitLabError:
    shown = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")  # noqa: PLR2004
    return GitLabError(
        f"{engagement.key}: {shown} carry its markers, but it has no epic in {engagement.gitlab.group}",
        "if the epic was deleted or moved, restore it, or delete these items; psbot makes nothing twice",
    )

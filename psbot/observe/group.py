"""Reads the lists of one group, once for all of its engagements, and makes an observation of each engagement."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from psbot.core.identity import identify
from psbot.core.identity.findings import author_name, report_unmarked_items
from psbot.core.model.engagement import Engagement
from psbot.core.model.labels import kind_label_filter
from psbot.core.model.process import Process
from psbot.core.model.work_item import WorkItem, to_item
from psbot.core.records import phase
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import Reader
from psbot.gitlab.values import Access
from psbot.observe.access import not_visible
from psbot.observe.changed_since import changed_since
from psbot.observe.item_store import ItemStore
from psbot.observe.observation import (
    Depth,
    GlobalIds,
    Observation,
    ObservationResult,
    ReadScope,
    WrongGroup,
)
from psbot.observe.pages import BackgroundReader, PagedList, read_all, read_page

_PARENTS_PER_LIST = 100  # parents in one filter (GitLab, WorkItem filters)
_MAX_NAMED = 5  # items that an error names


class GroupReader:
    """The lists of one group, read once for all of its engagements."""

    def __init__(  # noqa: PLR0917  what reading a group needs, each once
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
        self.store = ItemStore(frozenset(engagement.key for engagement in engagements))
        # Epics whose children are to be listed, by global id, with their engagement; and of how many that has started.
        self.with_children: dict[str, str] = {}
        self.started_count = 0
        self.has_listed = False
        self.background = BackgroundReader(
            reader, group, lambda page: self.store.store_children(page.items), process.limits.connections
        )
        try:
            self._read_lists()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop reading, and close the item store."""
        self.background.close()
        self.store.close()

    def observations(self) -> Iterator[tuple[Engagement, ObservationResult]]:
        """Yield each engagement with its observation, as soon as its items are read."""
        waiting = {engagement.key: engagement for engagement in self.engagements}
        try:
            for engagement, lists in self._by_readiness():
                self.background.await_first(lists)
                del waiting[engagement.key]
                yield engagement, self._observation_or_error(engagement)
        except GitLabError as error:
            yield from ((engagement, error) for engagement in waiting.values())

    def _by_readiness(self) -> list[tuple[Engagement, int]]:
        """Return the engagements with the number of lists that have to be complete before all their items are read."""
        lists = {
            key: number // _PARENTS_PER_LIST + 1 for number, key in enumerate(self.with_children.values())
        }
        if self.scope.is_full:
            lists = {}  # everything has been read
        pairs = [(engagement, lists.get(engagement.key, 0)) for engagement in self.engagements]
        return sorted(pairs, key=lambda pair: pair[1])

    def _observation_or_error(self, engagement: Engagement) -> ObservationResult:
        try:
            return self._observe(engagement)
        except GitLabError as error:
            return error

    def _observe(self, engagement: Engagement) -> Observation:
        """Return the observation of one engagement from what was listed."""
        marked = self.store.epics_of(engagement.key)
        try:
            epics = identify.find_epics(engagement, self.process, marked)
        except identify.UntrustedEpic as error:
            raise _untrusted_epic_error(engagement, error.epic) from None
        others = self._fetch_by_id(self.store.unlisted_of(engagement.key))
        if not epics and others and (unmarked := self._unmarked_epic(engagement, others)):
            epics = [unmarked]
            others += self._read_all(self._new_list(ItemList.CHILDREN, [unmarked.gid]))
        for epic in marked:  # also those that are not trusted: people may have moved items below a copy
            others += self.store.children_of(epic.gid)
        found = identify.identify(engagement, self.process, epics, others)
        if found.orphans:
            raise self._orphans_error(engagement, others, found.orphans)
        labels = self._labels_of(engagement)
        look_alikes = [] if epics or not self.scope.is_full else self._find_look_alikes(engagement)
        return Observation(
            replace(found.snapshot, labels=frozenset(labels)),
            self.access.account,
            GlobalIds(labels, _item_types(self.access)),
            (*found.findings, *report_unmarked_items(look_alikes, engagement.key)),
            self._label_access_level(engagement),
            self.store.epics_by_title,
            self.store.unmarked_epics,
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
        """Read the list of epics and, in a full read, all items below them and all labelled items."""
        changed = changed_since(self.reader, self.group, self.engagements, self.scope)
        if not changed:
            return
        self.has_listed = True
        labelled = PagedList(ItemList.LABELLED, (kind_label_filter(self.process.catalogue),))
        labelled.is_done = not self.scope.is_full
        self._read_epics(labelled, changed)
        if not self.scope.is_full:
            return
        for children in self._child_lists(1):
            while not children.is_done:
                items = self._read_page(children, labelled)
                self.store.mark_listed(items)
                self.store.store_children(items)
        while not labelled.is_done:
            self._read_page(labelled, labelled)

    def _read_epics(self, labelled: PagedList, changed: frozenset[str]) -> None:
        epics = self._new_list(ItemList.EPICS, ())
        while not epics.is_done:
            for epic in self._read_page(epics, labelled):
                self._store_epic(epic, changed)
            self._start_reading(_PARENTS_PER_LIST)
        epics.require_count(self.access.epic_count or 0)
        self._start_reading(1)

    def _store_epic(self, epic: WorkItem, changed: frozenset[str]) -> None:
        """Store an epic, and note it where its children have to be read."""
        engagement = self.store.store_epic(epic)
        if engagement is None:
            return
        has_changed = epic.gid in changed or engagement in changed
        if self.scope.is_full or (
            has_changed and not phase.accepted_final_phase_finding(to_item(epic), self.process)
        ):
            self.with_children[epic.gid] = engagement

    def _start_reading(self, minimum: int) -> None:
        """Start to read lists of children in the background; a full read reads them beside the labelled items."""
        if not self.scope.is_full:
            for children in self._child_lists(minimum):
                self.background.start(children)

    def _child_lists(self, minimum: int) -> Iterator[PagedList]:
        """Yield lists of the children of epics that are in no list yet, of at least *minimum* epics each."""
        while len(epics := self._next_epics()) >= minimum:
            self.started_count += len(epics)
            yield self._new_list(ItemList.CHILDREN, epics)

    def _next_epics(self) -> list[str]:
        start = self.started_count
        return list(islice(self.with_children, start, start + _PARENTS_PER_LIST))

    def _read_page(self, paged_list: PagedList, labelled: PagedList) -> tuple[WorkItem, ...]:
        """Read the next page of a list and, in the same request, of the labelled items; return those of the list."""
        pending = [each for each in dict.fromkeys((paged_list, labelled)) if not each.is_done]
        pages = read_page(self.reader, self.group, pending)
        if labelled in pages:
            self.store.note_labelled(pages[labelled].summaries)
        return pages[paged_list].items if paged_list in pages else ()

    def _unmarked_epic(self, engagement: Engagement, unlisted: list[WorkItem]) -> WorkItem | None:
        parents = {each.parent for each in unlisted if each.parent}
        unmarked = {gid: each for gid in parents for each in self.store.unmarked_epic(gid)}
        return identify.find_unmarked_epic(engagement, unlisted, unmarked)

    def _find_look_alikes(self, engagement: Engagement) -> list[WorkItem]:
        """Return labelled items without markers that may be those of *engagement*, which has no epic."""
        gids = [gid for gid in self.store.unmarked_items if not self.store.is_listed(gid)]
        found = self._fetch_by_id(gids)
        parents = {each.parent for each in found if each.parent and self.store.unmarked_epic(each.parent)}
        return identify.find_unmarked_items(engagement, self.process, found, parents)

    def _fetch_by_id(self, gids: Sequence[str]) -> list[WorkItem]:
        found: list[WorkItem] = []
        for start in range(0, len(gids), _PARENTS_PER_LIST):
            found += self._read_all(self._new_list(ItemList.BY_ID, gids[start : start + _PARENTS_PER_LIST]))
        return found

    def _new_list(self, item_list: ItemList, values: Sequence[str]) -> PagedList:
        return PagedList(item_list, tuple(values), with_newest_note=self.scope.with_newest_note)

    def _read_all(self, paged_list: PagedList) -> list[WorkItem]:
        return list(read_all(self.reader, self.group, paged_list))

    def _label_access_level(self, engagement: Engagement) -> int | None:
        label_group = self.access.label_group
        is_same = label_group is not None and label_group.path == engagement.gitlab.label_group
        return label_group.access_level if label_group and is_same else None

    def _orphans_error(
        self, engagement: Engagement, others: Iterable[WorkItem], orphans: Sequence[str]
    ) -> GitLabError:
        """Return the error for items without their epic: it is missing, or the file names another group."""
        error = _missing_epic_error(engagement, orphans)
        parents = {each.parent for each in others if each.parent and each.reference in orphans}
        if not all(map(self.store.is_listed, parents)):
            hint = "an engagement keeps its group: restore gitlab.group, or move the epic"
            return WrongGroup(f"{error.message}; their epic is in another group", hint)
        return error

    def _labels_of(self, engagement: Engagement) -> Mapping[str, str]:
        group = engagement.gitlab.label_group
        if group not in self.labels:
            self.labels[group] = self.reader.fetch_labels(group)
        labels = self.labels[group]
        if labels is None:
            missing = not_visible(group, "gitlab.label_group")
            raise GitLabError(missing.problem, missing.fix)
        return labels


def _item_types(access: Access) -> dict[str, str]:
    namespaces = [access.group, *access.projects.values()]
    return {each.path: each.item_type_gid for each in namespaces if each and each.item_type_gid}


def _untrusted_epic_error(engagement: Engagement, epic: WorkItem) -> GitLabError:
    return GitLabError(
        f"{engagement.key}: {epic.reference} has the marker of its epic, but {author_name(epic)}, who created it, is "
        "neither a machine account nor listed under `people:`",
        "list the account under `people:` or in config/accounts.yml, or remove the marker; psbot creates no duplicates",
    )


def _missing_epic_error(engagement: Engagement, orphans: Sequence[str]) -> GitLabError:
    more = f" and {len(orphans) - _MAX_NAMED} more" if len(orphans) > _MAX_NAMED else ""
    have = "has" if len(orphans) == 1 else "have"
    return GitLabError(
        f"{engagement.key}: {', '.join(orphans[:_MAX_NAMED])}{more} {have} its marker, but {engagement.gitlab.group} "
        "has no epic of the engagement",
        "if the epic was deleted or moved, restore it, or delete these items; psbot creates no duplicates",
    )

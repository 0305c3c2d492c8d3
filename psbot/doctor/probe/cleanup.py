"""Removes what a probe has created; what cannot be deleted is closed and named."""

from collections.abc import Iterator, Sequence, Set

from psbot.core.model.work_item import WorkItem
from psbot.core.text.marker import parse_marker
from psbot.core.text.quantity import quantity
from psbot.doctor.probe.observed import Observed
from psbot.doctor.probe.script import ProbeTools, read_list
from psbot.errors import GitLabError
from psbot.gitlab.item_queries import MAX_BATCH, ItemList
from psbot.gitlab.ports import LimitReached
from psbot.gitlab.rest import url_path
from psbot.gitlab.values import ItemUpdate

_ATTEMPTS = 2  # an answer may get lost


def clean_up(tools: ProbeTools, group: str, observed: Observed) -> tuple[str, ...]:
    """Delete the items and labels of the run; return what is left, each as a sentence.

    The label of all items stays where items are left, so that people find them.
    """
    kind = observed.labels.kind
    message = ""
    for _ in range(_ATTEMPTS):
        try:
            left = _delete_items(tools, group, observed)
            kept = {kind} if left else set()
            return (*_sentences(left, kind), *_delete_labels(tools, group, observed, kept))
        except (GitLabError, LimitReached) as error:
            message = error.message
    return (f"not everything could be removed ({message}); look for items with the label {kind}",)


def _delete_items(tools: ProbeTools, group: str, observed: Observed) -> list[WorkItem]:
    """Delete the items, close those that cannot be deleted, and return these."""
    gids = _all_gids(tools, group, observed)
    for batch in _batches(gids):
        tools.writer.delete_items(batch)
    left = _items(tools, group, gids)
    for batch in _batches([each.gid for each in left if each.is_open]):
        tools.writer.update_items([ItemUpdate(gid, is_open=False) for gid in batch])
    return _items(tools, group, [each.gid for each in left])


def _sentences(left: Sequence[WorkItem], label: str) -> Iterator[str]:
    """Yield a sentence for each place with items that are left."""
    places = sorted({(item.namespace, item.is_open, item.is_epic) for item in left})
    for namespace, is_open, is_epic in places:
        sign = "&" if is_epic else "#"
        iids = sorted(
            item.iid
            for item in left
            if (item.namespace, item.is_open, item.is_epic) == (namespace, is_open, is_epic)
        )
        names = ", ".join(f"{sign}{iid}" for iid in iids)
        state = "open" if is_open else "closed"
        what = quantity(len(iids), "item")
        yield (
            f"{namespace}: {what} could not be deleted and stay {state}: {names}; an Owner can delete what has the "
            f"label {label}"
        )


def _all_gids(tools: ProbeTools, group: str, observed: Observed) -> list[str]:
    """Return the items of the run, epics last; those too whose creation had an unclear answer.

    Of a list only items with a marker of this run count, so that nothing else is deleted whatever GitLab lists.
    """
    written = {name: each.gid for name, each in observed.written.items() if name.startswith("create ")}
    epics = [gid for name, gid in written.items() if name.endswith("epic") and gid]
    known = [gid for name, gid in written.items() if not name.endswith("epic") and gid]
    listed = [
        each.gid
        for page in read_list(tools, group, ItemList.LABELLED, (observed.labels.kind_filter,))
        for each in page.summaries
        if (marker := parse_marker(each.description)) and marker.engagement == observed.run
    ]
    return list(dict.fromkeys([*known, *(gid for gid in listed if gid not in epics), *epics]))


def _items(tools: ProbeTools, group: str, gids: Sequence[str]) -> list[WorkItem]:
    return [
        item
        for start in range(0, len(gids), 50)
        for page in read_list(tools, group, ItemList.BY_ID, tuple(gids[start : start + 50]))
        for item in page.items
    ]


def _delete_labels(tools: ProbeTools, group: str, observed: Observed, kept: Set[str]) -> Iterator[str]:
    found = tools.reader.fetch_labels(group) or {}
    for title in observed.labels.titles:
        if title not in found or title in kept:
            continue
        try:
            tools.rest.delete(f"/groups{url_path(group)}/labels/{found[title].rpartition('/')[2]}")
        except GitLabError as error:
            yield f"the label {title} could not be deleted ({error.message})"


def _batches(gids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (gids[start : start + MAX_BATCH] for start in range(0, len(gids), MAX_BATCH))

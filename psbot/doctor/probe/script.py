"""The round trip of a probe: creates items in the scratch group, changes them, and reads them back."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from psbot.core.model.labels import LabelSpec
from psbot.core.model.work_item import WorkItem
from psbot.core.text.escape import escape_markdown
from psbot.doctor.probe import items
from psbot.doctor.probe.items import Sample, Scratch
from psbot.doctor.probe.observed import ListSeen, Observed
from psbot.errors import GitLabError
from psbot.gitlab.connection import Connection
from psbot.gitlab.item_queries import MAX_BATCH, ItemList
from psbot.gitlab.label_events import fetch_label_events
from psbot.gitlab.ports import LimitReached, ProbeWriter
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.rest import Rest, url_path
from psbot.gitlab.values import ItemUpdate, NewItem, NewNote, NoteEdit, Page, PageRequest, WriteResult

_Value = TypeVar("_Value")
_COLOR = "#6699cc"
_MAX_PAGES = 50
_SECONDS = 1.1  # GitLab gives times in whole seconds: after that long a change has another time


@dataclass(frozen=True, slots=True)
class ProbeTools:
    """What a probe works with: *wait* waits for seconds, *stop* tells whether to end, *tell* prints a message."""

    reader: GitLabReader
    writer: ProbeWriter
    rest: Rest
    connection: Connection
    wait: Callable[[float], None]
    stop: Callable[[], bool]
    tell: Callable[[str], None]


def create_labels(tools: ProbeTools, group: str, observed: Observed) -> None:
    """Create the labels of the run, and the first one a second time."""
    specs = [LabelSpec(title, _COLOR, "Created by psbot doctor --probe") for title in observed.labels.titles]
    _note_results(observed, "label", observed.labels.titles, tools.writer.create_labels(group, specs))
    _note_results(observed, "label again", ("",), tools.writer.create_labels(group, specs[:1]))
    found = tools.reader.fetch_labels(group) or {}
    observed.label_gids = {title: found[title] for title in observed.labels.titles if title in found}


def play(tools: ProbeTools, scratch: Scratch, observed: Observed, samples: Sequence[Sample]) -> None:
    """Create the items, change them and read everything back into *observed*."""
    _create(tools, observed, items.epics(scratch, observed))
    if observed.written[f"create {items.EPIC}"].refusal:
        return
    _create(tools, observed, items.children(scratch, observed, samples))
    _create(tools, observed, items.related(scratch, observed))
    observed.before = _read_items(tools, scratch, observed)
    _update(tools, observed, items.updates(scratch, observed))
    _write_notes(tools, observed)
    _move(tools, scratch, observed)
    tools.wait(_SECONDS)
    _update(tools, observed, items.later_updates(observed))
    observed.after = _read_items(tools, scratch, observed)
    _read_lists(tools, scratch, observed)
    accounts = tools.reader.fetch_accounts([observed.account.username.upper()], [])
    observed.found_by_upper_case = scratch.account_gid in accounts.gids.values()
    _read_notes(tools, scratch, observed)


def _create(tools: ProbeTools, observed: Observed, new: Iterable[tuple[str, NewItem]]) -> None:
    for batch in _batches(tools, new):
        observed.sent |= dict(batch)
        _note_results(
            observed,
            "create",
            [key for key, _ in batch],
            tools.writer.create_items([item for _, item in batch]),
        )


def _update(tools: ProbeTools, observed: Observed, changes: Iterable[tuple[str, ItemUpdate]]) -> None:
    for batch in _batches(tools, changes):
        written = tools.writer.update_items([change for _, change in batch])
        for (key, change), each in zip(batch, written, strict=True):
            observed.written[f"reopen {key}" if change.is_open else f"update {key}"] = each


def _write_notes(tools: ProbeTools, observed: Observed) -> None:
    texts = {"commented": items.NOTE, "note-bait": escape_markdown(items.BAIT)}
    gids = {key: observed.before[key].gid for key in texts if key in observed.before}
    _check_stop(tools)
    notes = [NewNote(gid, texts[key]) for key, gid in gids.items()]
    if not notes:
        return
    _note_results(observed, "note on", list(gids), tools.writer.create_notes(notes))
    posted = observed.written.get("note on commented")
    if posted and posted.gid:
        edited = tools.writer.update_notes([NoteEdit(posted.gid, items.EDITED_NOTE)])
        _note_results(observed, "edit note on", ["commented"], edited)


def _move(tools: ProbeTools, scratch: Scratch, observed: Observed) -> None:
    """Move an issue to the other project, as a person would; psbot itself never does."""
    item = observed.before.get(items.MOVED)
    if item is None or scratch.other_project is None:
        return
    _check_stop(tools)
    try:
        project = tools.rest.get(f"/projects{url_path(scratch.other_project)}")
        path = f"/projects{url_path(scratch.project)}/issues/{item.iid}/move"
        tools.rest.write("post", path, {"to_project_id": project.get("id")})
        observed.written[f"move {items.MOVED}"] = WriteResult(gid=item.gid)
    except GitLabError as error:
        observed.written[f"move {items.MOVED}"] = WriteResult(refusal=error.message)


def _read_items(tools: ProbeTools, scratch: Scratch, observed: Observed) -> dict[str, WorkItem]:
    gids = {written.gid: name.removeprefix("create ") for name, written in observed.written.items()
            if name.startswith("create ") and written.gid}  # fmt: skip
    found: dict[str, WorkItem] = {}
    for chunk in _chunks(tuple(gids), 50):
        for page in read_list(tools, scratch.group, ItemList.BY_ID, chunk):
            found |= {gids[item.gid]: item for item in page.items if item.gid in gids}
    return found


def _read_lists(tools: ProbeTools, scratch: Scratch, observed: Observed) -> None:
    first = observed.before.get(items.EPIC)
    wanted: dict[str, tuple[ItemList, tuple[str, ...]]] = {
        "labelled": (ItemList.LABELLED, (observed.labels.kind_filter,)),
        "epics": (ItemList.EPICS, ()),
        "confidential": (ItemList.CONFIDENTIAL, ()),
    }
    if first and first.created_at:
        wanted["changed"] = (ItemList.UPDATED, (first.created_at.isoformat(),))
    for key in (items.EPIC, items.SECOND_EPIC):
        if gid := observed.written[f"create {key}"].gid:
            wanted[f"children of {key}"] = (ItemList.CHILDREN, (gid,))
    keys = {item.gid: key for key, item in observed.after.items()}
    for name, (kind, values) in wanted.items():
        place = scratch.project if kind is ItemList.CONFIDENTIAL else scratch.group
        pages = list(read_list(tools, place, kind, values))
        gids = [gid for page in pages for gid in gids_of(page)]
        known = frozenset(keys[gid] for gid in gids if gid in keys)
        observed.lists[name] = ListSeen(known, len(gids) - len(known), pages[0].total_count)


def _read_notes(tools: ProbeTools, scratch: Scratch, observed: Observed) -> None:
    keys = {
        observed.after[key].gid: key
        for key in ("scoped", "closed", "reopened", "mentioned", "escaped")
        if key in observed.after
    }
    _check_stop(tools)
    reader = GitLabReader(tools.connection, uses_label_events=False)
    histories = reader.fetch_whole_histories(scratch.group, list(keys), observed.label_gids)
    observed.histories = {keys[gid]: history for gid, history in histories.items()}
    if scoped := observed.after.get("scoped"):
        titles = {gid.rpartition("/")[2]: title for title, gid in observed.label_gids.items()}
        authors = {observed.account.username: observed.account}
        observed.label_events = fetch_label_events(tools.connection, scoped, "scoped", titles, authors)
    noted = {observed.after[key].gid: key for key in ("commented", "note-bait") if key in observed.after}
    comments = tools.reader.fetch_comments(scratch.group, list(noted))
    observed.comments = {noted[gid]: found for gid, found in comments.items()}


def read_list(tools: ProbeTools, group: str, kind: ItemList, values: tuple[str, ...]) -> Iterator[Page]:
    """Yield all pages of a list."""
    cursor: str | None = None
    for _ in range(_MAX_PAGES):
        (page,) = tools.reader.fetch_pages(group, [PageRequest(kind, values, cursor)])
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return


def gids_of(page: Page) -> list[str]:
    """Return the global ids of the items of a page."""
    return [each.gid for each in page.items] + [each.gid for each in page.summaries]


def _note_results(
    observed: Observed, action: str, keys: Sequence[str], written: Sequence[WriteResult]
) -> None:
    observed.written |= {f"{action} {key}".strip(): each for key, each in zip(keys, written, strict=True)}


def _batches(tools: ProbeTools, values: Iterable[_Value]) -> Iterator[list[_Value]]:
    """Yield *values* in lists that fit into one request; LimitReached where the run shall end."""
    rest = iter(values)
    while batch := list(islice(rest, MAX_BATCH)):
        _check_stop(tools)
        yield batch


def _chunks(values: tuple[_Value, ...], size: int) -> Iterator[tuple[_Value, ...]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _check_stop(tools: ProbeTools) -> None:
    if tools.stop():
        raise LimitReached(
            "the probe was stopped on request", "everything it created is removed; run it again"
        )

"""The work items that a probe creates and changes, and the texts that must stay harmless in them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from psbot.core.text.escape import escape_markdown
from psbot.doctor.probe.observed import Observed
from psbot.gitlab.values import Dates, ItemUpdate, NewItem

EPIC, SECOND_EPIC = "epic", "second-epic"
BAIT = "/close"
LONG_TITLE = "psbot probe ".ljust(255, "x")
UNTRIMMED_TEXT = "First line\r\nSecond line  \n\n"
NOTE = "A note of psbot's probe"
EDITED_NOTE = "A note of psbot's probe, edited"
RETITLED = "psbot probe: new title"
LATER_START = timedelta(days=30)

# Each is an item of its own, so that one unexpected behaviour of GitLab does not hide another.
CHILDREN = (
    "plain", "quick-action", "untrimmed", "long-title", "scoped", "unknown-label", "closed", "reopened", "retitled",
    "commented", "note-bait", "mentioning", "mentioned", "escaping", "escaped", "reparented", "date-order",
    "marker-below",
)  # fmt: skip
OUTSIDER, MOVED, STRANGER, CONFIDENTIAL, RELATED = "outsider", "moved", "stranger", "confidential", "related"


@dataclass(frozen=True, slots=True)
class Sample:
    """An item that psbot would create for an engagement: its kind, title and description below the marker."""

    kind: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Scratch:
    """Where the probe may write: the group, its projects, and the ids that creating items needs."""

    group: str
    project: str
    other_project: str | None
    epic_type: str
    issue_type: str
    account_gid: str
    stranger_gid: str | None
    today: date


def epics(scratch: Scratch, observed: Observed) -> Iterator[tuple[str, NewItem]]:
    """Yield the epics by key."""
    for key in (EPIC, SECOND_EPIC):
        yield (
            key,
            _item(scratch, observed, key, "Description of an epic", start_on=scratch.today, is_epic=True),
        )


def children(
    scratch: Scratch, observed: Observed, samples: Sequence[Sample]
) -> Iterator[tuple[str, NewItem]]:
    """Yield the issues by key; all but the outsider are below the epic."""
    parent = observed.written[f"create {EPIC}"].gid
    texts = {
        "quick-action": f"Text\n\n{escape_markdown(BAIT)}\n\nMore text",
        "untrimmed": UNTRIMMED_TEXT,
    }
    below = f"Typed above\n\n{observed.marker('marker-below')}\n\nText"
    for key in CHILDREN:
        item = _item(scratch, observed, key, texts.get(key, "Description of an issue"), parent=parent)
        if key == "marker-below":
            item = replace(item, description=below)
        yield key, replace(item, title=LONG_TITLE) if key == "long-title" else item
    for sample in samples:
        key = f"kind/{sample.kind}"
        yield key, replace(_item(scratch, observed, key, sample.text, parent=parent), title=sample.title)
    yield OUTSIDER, _item(scratch, observed, OUTSIDER, "An issue without a parent")
    yield (
        CONFIDENTIAL,
        replace(_item(scratch, observed, CONFIDENTIAL, "A confidential issue"), confidential=True),
    )
    if scratch.other_project:
        yield MOVED, _item(scratch, observed, MOVED, "An issue that is moved")
    if scratch.stranger_gid:
        stranger = _item(scratch, observed, STRANGER, "An issue for an account without access")
        yield STRANGER, replace(stranger, assignees=(scratch.stranger_gid,))


def related(scratch: Scratch, observed: Observed) -> Iterator[tuple[str, NewItem]]:
    """Yield the issue that is linked to another one at its creation."""
    if target := observed.written[f"create {OUTSIDER}"].gid:
        yield RELATED, replace(_item(scratch, observed, RELATED, "A related issue"), related=(target,))


def updates(scratch: Scratch, observed: Observed) -> Iterator[tuple[str, ItemUpdate]]:
    """Yield the first round of changes by the key of their item."""
    one, two = (observed.label_gids[each] for each in (observed.labels.state_one, observed.labels.state_two))
    unknown = f"{two.rpartition('/')[0]}/2147483647"
    gids = {key: item.gid for key, item in observed.before.items()}
    changes = {
        "scoped": ItemUpdate("", add_labels=(two,)),
        "unknown-label": ItemUpdate("", add_labels=(unknown,), remove_labels=(one,)),
        "closed": ItemUpdate("", add_labels=(two,), remove_labels=(one,), is_open=False),
        "reopened": ItemUpdate("", is_open=False),
        "mentioning": _described(observed, "mentioning", "mentioned"),
        "escaping": _described(observed, "escaping", "escaped", escape=escape_markdown),
        "reparented": ItemUpdate("", parent=gids.get(SECOND_EPIC)),
        "date-order": ItemUpdate("", dates=Dates(scratch.today + LATER_START, scratch.today)),
    }
    yield from ((key, replace(change, gid=gids[key])) for key, change in changes.items() if key in gids)


def later_updates(observed: Observed) -> Iterator[tuple[str, ItemUpdate]]:
    """Yield the second round of changes by the key of their item."""
    changes = {
        "reopened": ItemUpdate("", is_open=True),
        "retitled": ItemUpdate("", title=RETITLED),
        SECOND_EPIC: ItemUpdate("", is_open=False),
    }
    for key, change in changes.items():
        if key in observed.before:
            yield key, replace(change, gid=observed.before[key].gid)


def _described(observed: Observed, key: str, target: str, escape: Callable[[str], str] = str) -> ItemUpdate:
    """Return the update of a description with a reference to *target*."""
    iid = observed.before[target].iid if target in observed.before else 1
    return ItemUpdate("", description=f"{observed.marker(key)}\n\n{escape(f'See #{iid}')}")


def _item(
    scratch: Scratch,
    observed: Observed,
    key: str,
    text: str,
    *,
    parent: str | None = None,
    start_on: date | None = None,
    is_epic: bool = False,
) -> NewItem:
    labels = observed.labels
    titles = (labels.kind,) if is_epic else (labels.kind, labels.state_one)
    return NewItem(
        namespace=scratch.group if is_epic else scratch.project,
        item_type_gid=scratch.epic_type if is_epic else scratch.issue_type,
        title=f"psbot probe: {key}",
        description=f"{observed.marker(key)}\n\n{text}",
        labels=tuple(observed.label_gids[title] for title in titles),
        assignees=(scratch.account_gid,) if key == "plain" else (),
        start_on=start_on,
        due_on=scratch.today + timedelta(days=7 if is_epic else 14),
        parent=parent,
        is_epic=is_epic,
    )

"""plan(desired, observed) → operations, what is kept, what a person should know."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil

from psbot.core import marker as markers
from psbot.core import ownership
from psbot.core.drafts import is_wanted
from psbot.core.engagement import Engagement
from psbot.core.findings import Finding, Severity
from psbot.core.labels import LabelDelta, settle
from psbot.core.marker import Marker
from psbot.core.model import Desired, Item, Snapshot, Touch
from psbot.core.operations import (
    Close,
    CreateChild,
    CreateEpic,
    CreateLabel,
    Operation,
    PostNotice,
    Reassign,
    Redescribe,
    Relabel,
    Reopen,
    Reschedule,
    Retitle,
)
from psbot.core.ownership import Kept, Ruling
from psbot.core.process import Kind, Limits, Process, Repeat
from psbot.core.raised import first_labels

_VERBS = (
    CreateLabel,
    CreateEpic,
    CreateChild,
    Reopen,
    Relabel,
    Retitle,
    Reschedule,
    Reassign,
    Redescribe,
    Close,
    PostNotice,
)
UNWANTED_KEPT = (
    "unwanted-kept"  # the finding of an open item that the file no longer has, and people have worked on
)
_OUTDATED = "the managed section no longer says what is so"
_READS = 3  # access and labels; epics with the labelled items; the children, or a look for a second epic
_CREATIONS = (CreateEpic, CreateChild)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs: requests to GitLab, notes, and work items made (labels do not count)."""

    requests: int
    notes: int
    creations: int

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.requests + other.requests, self.notes + other.notes, self.creations + other.creations
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered operations of one engagement; empty means in sync."""

    engagement: str
    operations: tuple[Operation, ...] = ()
    kept: tuple[Kept, ...] = ()
    findings: tuple[Finding, ...] = ()
    open_items: int = 0

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to write."""
        return not self.operations

    def summary(self) -> dict[str, int]:
        """Count items created, updated and closed."""
        updated = {
            _place(op) for op in self.operations if not isinstance(op, (*_CREATIONS, CreateLabel, Close))
        }
        closed = {_place(op) for op in self.operations if isinstance(op, Close)}
        created = sum(isinstance(op, _CREATIONS) for op in self.operations)
        return {"create": created, "update": len(updated - closed), "close": len(closed)}

    def cost(self, limits: Limits) -> Cost:
        """Count what performing the plan takes, observation and closing check included."""
        labels, epics, children, people = (
            sum(isinstance(op, verb) for op in self.operations)
            for verb in (CreateLabel, CreateEpic, CreateChild, (*_CREATIONS, Reassign))
        )
        notices = [op.note for op in self.operations if isinstance(op, PostNotice)]
        notes = notices.count(None)
        changed = len(
            {
                _place(op)
                for op in self.operations
                if not isinstance(op, (*_CREATIONS, CreateLabel, PostNotice))
            }
        )
        writes = epics + sum(
            ceil(count / batch_size(count, limits))
            for count in (labels, children, changed, notes, len(notices) - notes)
        )
        looks = (epics + children > 0) + (children > 0 and not epics)
        reads = _READS + (people > 0) + ceil(changed / limits.wave) + looks
        return Cost(reads + writes, notes, epics + children)

    def notifications(self) -> dict[str, int]:
        """Count, by username, the messages GitLab will send people: assigned, relieved, closed on, mentioned."""
        told: Counter[str] = Counter()
        for op in self.operations:
            match op:
                case CreateEpic(item=item) | CreateChild(item=item) | Close(item=item) | Reopen(item=item):
                    told.update(item.assignees)
                case Reassign(item=item, after=after):
                    told.update(set(item.assignees) ^ set(after))
                case PostNotice(mentions=names):
                    told.update(names)
                case _:
                    pass
        return dict(sorted(told.items()))

    def checksum(self) -> str:
        """Return a hash of the file-driven operations, the part of a plan that people review.

        Occurrences, labels and managed text do not count: they change as days pass and people work.
        """
        reviewed = sorted(review_line(op) for op in self.operations if is_reviewed(op))
        return hashlib.sha256("\n".join([self.engagement, *reviewed]).encode()).hexdigest()[:16]

    def overreach(self, limits: Limits) -> str | None:
        """Say why this plan needs ``--force``, or None: it closes more than a few and most of what is open."""
        closing = self.summary()["close"]
        if closing <= limits.close_more_than or closing <= limits.close_share * self.open_items:
            return None
        return (
            f"{self.engagement}: the plan closes {closing} of {self.open_items} open items, more than "
            f"{limits.close_more_than} and more than {limits.close_share:.0%}"
        )


def batch_size(count: int, limits: Limits) -> int:
    """Return how many of *count* writes go into one document, so that all connections have something to do."""
    return max(1, min(limits.batch, ceil(count / limits.connections)))


def in_doubt(desired: Desired, observed: Snapshot, process: Process) -> tuple[Item, ...]:
    """Return the open items whose fate hangs on whether a person has touched them, which is not known yet."""
    wanted = desired.snapshot.by_key()
    unwanted = [
        item
        for key, item in observed.by_key().items()
        if key not in wanted and item.is_open and _may_be_unwanted(item, process)
    ]
    duplicates = [item for item in observed.duplicates if item.by_machine]
    return tuple(item for item in (*unwanted, *duplicates) if item.touched is Touch.UNKNOWN)


def plan(engagement: Engagement, desired: Desired, observed: Snapshot, process: Process) -> Plan:
    """Return what has to be written so that GitLab has what *desired* says, without touching people's work."""
    found = observed.by_key()
    wanted = desired.snapshot.by_key()
    decisions: list[Operation | Kept | Finding] = [*desired.findings, *duplicates(observed, process)]
    decisions += [
        CreateLabel(engagement.gitlab.label_group, spec)
        for spec in process.catalogue.specs()
        if spec.title not in observed.labels
    ]
    decisions += [
        _creation(item, process.kinds[item.kind])
        for key, item in wanted.items()
        if key in desired.due_now and key not in found and key not in observed.disputed
    ]
    for key, item in found.items():
        if item.is_open:
            decisions += (
                _update(engagement.key, wanted[key], item, process)
                if key in wanted
                else _unwanted(engagement, process, item, desired.sections.get(key, {}))
            )
            decisions += _adrift(item, observed.epic)
    return Plan(
        engagement.key,
        in_order(each for each in decisions if isinstance(each, _VERBS)),
        tuple(sorted(each for each in decisions if isinstance(each, Kept))),
        tuple(sorted((each for each in decisions if isinstance(each, Finding)), key=str)),
        sum(item.is_open for item in found.values()) + len(observed.duplicates),
    )


def in_order(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """Return *operations* in the order in which they are performed."""
    return tuple(sorted(operations, key=_order))


def _creation(item: Item, kind: Kind) -> CreateEpic | CreateChild:
    if item.is_epic:
        return CreateEpic(item, "in the engagement file, not in GitLab")
    if kind.is_occurrence:
        return CreateChild(item, "within the horizon", is_occurrence=True)
    return CreateChild(item, "in the engagement file, not in GitLab")


def _update(
    engagement: str, wanted: Item, found: Item, process: Process
) -> Iterator[Operation | Kept | Finding]:
    """Yield what brings one item that exists in line, and what people keep."""
    kind_label = process.catalogue.title("kind", wanted.kind)
    if not (delta := settle(found.labels, kind_label)).is_empty:
        yield Relabel(found, delta, "the kind label is psbot's")
    for name in ownership.TOKENS:
        if ownership.rule(name, wanted, found) is Ruling.KEEP:
            yield Kept(
                found.key, name, _shown(wanted, name), _shown(found, name), ownership.why_kept(name, found)
            )
    yield from _three_way(wanted, found, process.kinds[wanted.kind].is_occurrence)
    for name in sorted(markers.damaged(found.description)):
        yield Finding(
            "damaged-section",
            Severity.WARNING,
            f"the section {name} of {found.key} has lost its begin or end comment, so psbot leaves it; "
            "restore the pair, or delete what is left of it",
            found.key,
        )
    yield from _description(engagement, wanted, found)


def _three_way(wanted: Item, found: Item, is_occurrence: bool) -> Iterator[Operation]:
    follow = {name for name in ownership.TOKENS if ownership.rule(name, wanted, found) is Ruling.FOLLOW}
    reason = "the engagement file says so, and nobody changed it in GitLab"
    if "title" in follow:
        yield Retitle(found, wanted.title, reason, is_occurrence)
    if follow & {"start_on", "due_on"}:
        start_on = wanted.start_on if "start_on" in follow else found.start_on
        due_on = wanted.due_on if "due_on" in follow else found.due_on
        yield Reschedule(found, start_on, due_on, reason, is_occurrence)
    if "assignee" in follow:
        yield Reassign(found, wanted.assignees, reason, is_occurrence)


def _description(engagement: str, wanted: Item, found: Item) -> Iterator[Redescribe]:
    differing = _differing(found, markers.sections(wanted.description))
    has_marker = found.marker is not None
    standing = ownership.standing(wanted)
    is_remembered = standing.items() <= ownership.standing(found).items()
    if differing or not has_marker or not is_remembered:
        reason = _OUTDATED if has_marker else "its marker was removed"
        line = None if has_marker else str(Marker(engagement, found.key))
        yield Redescribe(found, differing, line, reason, memory=standing)


def _unwanted(
    engagement: Engagement, process: Process, item: Item, sections: Mapping[str, str]
) -> Iterator[Operation | Finding]:
    """Yield what becomes of an open item that the engagement file does not have: any more, or on demand."""
    kind = process.kinds.get(item.kind)
    if kind and kind.repeat is Repeat.ON_DEMAND:
        first = process.catalogue.titles(first_labels(item, process))
        if first:
            yield Relabel(item, LabelDelta(tuple(sorted(first))), "a person has opened it")
        yield from _asked_for(engagement, item, sections)
    if kind is None or not _may_be_unwanted(item, process):
        return
    why = engagement.skip.get(item.key) or engagement.skip.get(kind.name)
    if kind.when_unwanted and why is None and not is_wanted(kind, engagement):
        state = process.catalogue.title("state", kind.when_unwanted)
        yield Close(item, settle(item.labels, state), "what it asked for is in the engagement file")
        return
    reason = f"left out: {why}" if why else "the engagement file no longer has it"
    if item.touched is Touch.NO:
        yield Close(item, _unwanted_state(item, process), f"{reason}, and nobody has worked on it")
        return
    worked = (
        "a person has worked on it" if item.touched is Touch.YES else "psbot could not check who worked on it"
    )
    yield Finding(
        UNWANTED_KEPT,
        Severity.WARNING,
        f"{item.key} is kept open: {reason}, but {worked}; close it by hand",
        item.key,
    )


def _asked_for(engagement: Engagement, item: Item, sections: Mapping[str, str]) -> Iterator[Redescribe]:
    """Yield the marker of an item that a person has opened, and its managed sections."""
    differing, note = _differing(item, sections), item.marker
    is_named = note is not None and note.item == item.key
    line = None if is_named else str(Marker(engagement.key, item.key, note.memory if note else {}))
    if line or differing:
        reason = "its number was given twice at the same time" if note else "a person has opened it"
        yield Redescribe(item, differing, line, reason if line else _OUTDATED)


def _differing(found: Item, sections: Mapping[str, str]) -> dict[str, str]:
    have, broken = markers.sections(found.description), markers.damaged(found.description)
    return {
        name: text
        for name, text in sections.items()
        if name not in broken and have.get(name, "").split() != text.split()
    }


def _may_be_unwanted(item: Item, process: Process) -> bool:
    kind = process.kinds.get(item.kind)
    return not item.is_epic and kind is not None and kind.repeat is not Repeat.ON_DEMAND


def _adrift(item: Item, epic: Item | None) -> Iterator[Redescribe]:
    if item.is_adrift and epic is not None:
        yield Redescribe(item, reason="it belongs under the engagement's epic", parent=epic.gid)


def duplicates(observed: Snapshot, process: Process) -> Iterator[Close | Finding]:
    """Yield what becomes of open items whose marker another one carries too: psbot closes only its own."""
    chosen = observed.by_key()
    kept = {(item.namespace, item.iid) for item in chosen.values()}
    for item in (*observed.duplicates, *observed.items):
        if not item.is_open or (item.namespace, item.iid) in kept:
            continue
        first = chosen[item.key]
        if item.by_machine and item.touched is Touch.NO and item in observed.duplicates:
            yield Close(item, _unwanted_state(item, process), _why_twice(item, first), first)
        else:
            yield Finding("duplicate", Severity.WARNING, _keep_one(item, first), item.key)


def _unwanted_state(item: Item, process: Process) -> LabelDelta:
    if item.is_epic:
        return LabelDelta()
    return settle(item.labels, process.catalogue.title("state", process.workflow.unwanted_state))


def _why_twice(item: Item, first: Item) -> str:
    return f"made twice at the same time: {first.namespace} {first.iid} is the {item.key} that stays"


def _keep_one(item: Item, first: Item) -> str:
    return (
        f"{item.namespace} {item.iid} carries the marker of {item.key} too, like {first.namespace} {first.iid}; "
        "keep one, close the other by hand"
    )


def _shown(item: Item, name: str) -> str | None:
    value: object = getattr(item, name)
    return None if value is None else str(value)


def _place(op: Operation) -> tuple[str, str]:
    if isinstance(op, CreateLabel):
        return (op.namespace, op.spec.title)
    return (op.item.namespace, str(op.item.iid or op.item.key))


def _order(op: Operation) -> tuple[int, date, str, int]:
    """Labels, then the epic, then children by due date and key; on one item in the order of the verbs."""
    verb = _VERBS.index(type(op))
    if isinstance(op, CreateLabel):
        return (0, date.min, "", verb)
    return (1 if op.item.is_epic else 2, op.item.due_on or date.max, op.item.key, verb)


def is_reviewed(op: Operation) -> bool:
    """Tell whether an operation counts into the checksum: the file asks for it, not the passing of days."""
    if isinstance(op, CreateLabel | Relabel | Redescribe | PostNotice):
        return False
    return not getattr(op, "is_occurrence", False)


def review_line(op: Operation) -> str:
    """Return what reviewers are bound to of one operation, as text that is the same in every run."""
    return json.dumps(_reviewed(op), sort_keys=True)


def _reviewed(op: Operation) -> Mapping[str, object]:
    assert not isinstance(op, CreateLabel)  # noqa: S101  labels are never reviewed, see is_reviewed
    facts: dict[str, object] = {"op": op.op, "item": op.item.key, "namespace": op.item.namespace}
    match op:
        case CreateEpic(item=item) | CreateChild(item=item):
            dates = [str(item.start_on), str(item.due_on)]
            words = markers.fingerprint(markers.words(item.description))
            facts |= {"title": item.title, "dates": dates, "assignee": item.assignee, "words": words}
        case Retitle(after=after):
            facts["title"] = after
        case Reschedule(start_on=start_on, due_on=due_on):
            facts["dates"] = [str(start_on), str(due_on)]
        case Reassign(after=people):
            facts["assignee"] = sorted(people)
        case _:
            pass
    return facts

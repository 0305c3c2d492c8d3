"""Histories and notices, read where a decision depends on them; for many engagements of a group at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.history import Histories, History, Notice
from psbot.core.model.process import Process
from psbot.core.model.work_item import Author, is_machine
from psbot.core.notices import notice
from psbot.core.workflow.advance import NeededReads, needed_reads
from psbot.errors import GitLabError
from psbot.gitlab.ports import HiddenAnswer, Reader
from psbot.gitlab.values import Comment
from psbot.observe.observation import Depth, Observation, ObservationResult

ENGAGEMENTS_PER_READ = 20  # engagements whose histories are read together; so many are held in memory
_MAX_ROUNDS = 5
_State = TypeVar("_State")

ObservedEngagement = tuple[Engagement, Observation]


def read_until_settled(state: _State, read_more: Callable[[_State], _State | None]) -> _State:
    """Return *state* after *read_more* has added to it what it needs, until nothing is needed any more (None).

    What was read may show that more is needed, and that again; the number of rounds is limited.
    """
    for _ in range(_MAX_ROUNDS):
        after = read_more(state)
        if after is None:
            break
        state = after
    return state


def gather_facts(
    reader: Reader, engagement: Engagement, observation: Observation, process: Process, now: datetime
) -> Facts:
    """Return the facts of an engagement, with every history that a decision depends on.

    A history that GitLab does not show is None: what depends on it could not be checked.
    """
    return _gather_facts(reader, [(engagement, observation)], process, now)[0]


def with_histories(
    reader: Reader, observed: Iterable[tuple[Engagement, ObservationResult]], process: Process, now: datetime
) -> Iterator[tuple[Engagement, ObservationResult]]:
    """Yield what was *observed*, with histories; those of several engagements are read together.

    Where that fails, they come without histories, and each engagement is left to fail, or not, by itself.
    """
    for _, several in groupby(observed, key=lambda each: _group_key(each[0])):
        chunk: list[tuple[Engagement, ObservationResult]] = []
        for each in several:
            chunk.append(each)
            if len(chunk) == ENGAGEMENTS_PER_READ:
                yield from _with_histories(reader, chunk, process, now)
                chunk = []
        yield from _with_histories(reader, chunk, process, now)


def _group_key(engagement: Engagement) -> tuple[str, str]:
    return (engagement.gitlab.group, engagement.gitlab.label_group)


def _with_histories(
    reader: Reader, chunk: Sequence[tuple[Engagement, ObservationResult]], process: Process, now: datetime
) -> Iterator[tuple[Engagement, ObservationResult]]:
    complete = [
        (engagement, found)
        for engagement, found in chunk
        if isinstance(found, Observation) and found.depth >= Depth.CHILDREN
    ]
    try:
        facts = {each.engagement.key: each for each in _gather_facts(reader, complete, process, now)}
    except GitLabError:
        facts = {}
    for engagement, found in chunk:
        known = facts.get(engagement.key)
        if known is None or isinstance(found, GitLabError):
            yield engagement, found
        else:
            yield engagement, replace(found, histories=known.histories)


def fetch_item_histories(
    reader: Reader, engagement: Engagement, observation: Observation, keys: Iterable[str]
) -> Mapping[str, History | None]:
    """Return the histories of the items *keys*, by key; one that GitLab does not show is None."""
    found = observation.snapshot.by_key()
    gids = {gid: key for key in keys if (gid := found[key].gid)}
    if not gids:
        return {}
    read = reader.fetch_histories(engagement.gitlab.group, gids, observation.global_ids.labels)
    return {key: read.get(gid) for gid, key in gids.items()}


def fetch_notices(
    reader: Reader, engagement: Engagement, log: str, me: Author, process: Process
) -> tuple[Notice, ...]:
    """Return the notices on the log with the global id *log*, oldest first.

    Raises HiddenAnswer where GitLab does not show the log: that is not a log without notices.
    """
    comments = reader.fetch_comments(engagement.gitlab.group, [log])
    return tuple(select_notices(_comments_of_log(comments, log), me, process, engagement.people))


def _comments_of_log(comments: Mapping[str, Sequence[Comment]], log: str) -> Sequence[Comment]:
    if log not in comments:
        raise HiddenAnswer(
            "the comments of the engagement log",
            "psbot posts no notice while it cannot see the existing ones",
        )
    return comments[log]


@dataclass(frozen=True, slots=True)
class _MissingReads:
    """What one engagement needs: the keys of items by global id, and its log where the notices are needed."""

    items: Mapping[str, str]
    log: str | None

    @classmethod
    def of(cls, facts: Facts, needed: NeededReads) -> "_MissingReads":
        keys = needed.items - facts.histories.by_item.keys()
        found = facts.observed.by_key()
        gids = {key: found[key].gid for key in keys if key in found}
        log = facts.log if needed.notices else None
        return cls({gid: key for key, gid in gids.items() if gid}, log.gid if log else None)

    @property
    def is_empty(self) -> bool:
        return not self.items and self.log is None


def _gather_facts(
    reader: Reader, observed: Sequence[ObservedEngagement], process: Process, now: datetime
) -> list[Facts]:
    """Return the facts of engagements of one group and one label group, in their order."""

    def read_more(known: list[Facts]) -> list[Facts] | None:
        missing = [_MissingReads.of(facts, needed_reads(facts)) for facts in known]
        if all(each.is_empty for each in missing):
            return None
        histories, comments = _fetch_missing(reader, observed, missing)
        return [
            _with_answers(facts, observation, reads, histories, comments)
            for facts, (_, observation), reads in zip(known, observed, missing, strict=True)
        ]

    first = [
        Facts(engagement, process, found.snapshot, now, found.histories) for engagement, found in observed
    ]
    return read_until_settled(first, read_more)


def _fetch_missing(
    reader: Reader, observed: Sequence[ObservedEngagement], missing: Sequence[_MissingReads]
) -> tuple[Mapping[str, History], Mapping[str, Sequence[Comment]]]:
    engagement, observation = observed[0]
    group = engagement.gitlab.group
    items = {gid: key for each in missing for gid, key in each.items.items()}
    logs = [each.log for each in missing if each.log]
    histories = reader.fetch_histories(group, items, observation.global_ids.labels) if items else {}
    return histories, reader.fetch_comments(group, logs) if logs else {}


def _with_answers(
    facts: Facts,
    observation: Observation,
    missing: _MissingReads,
    histories: Mapping[str, History],
    comments: Mapping[str, Sequence[Comment]],
) -> Facts:
    items = {**facts.histories.by_item, **{key: histories.get(gid) for gid, key in missing.items.items()}}
    notices = facts.histories.notices
    if missing.log is not None:
        written = _comments_of_log(comments, missing.log)
        me, people = observation.account.author, facts.engagement.people
        notices = tuple(select_notices(written, me, facts.process, people))
    return replace(facts, histories=Histories(items, notices))


def select_notices(
    written: Iterable[Comment], me: Author, process: Process, people: frozenset[str] = frozenset()
) -> Iterator[Notice]:
    """Yield psbot's notices among comments, whichever of its accounts posted them; *me* is the present one.

    A comment with the marker of a notice counts as an item with a marker does: its author is a machine account, one of
    *people* who has run psbot with their own token, or has been deleted. A comment of anybody else never counts.
    """

    def is_psbot(author: Author | None) -> bool:
        return author is not None and (author == me or is_machine(author, process))

    for each in written:
        author = each.author
        may_count = author is None or author.is_ghost or author.username in people or is_psbot(author)
        if may_count and (name := notice.parse_identity(each.body)):
            is_edited = each.edited_by not in (None, author) and not is_psbot(each.edited_by)
            username = author.username if author else ""
            yield Notice(name, each.body, each.gid, is_edited, is_own=author == me, author=username)

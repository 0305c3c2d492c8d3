"""What was done to items and by whom, read where a decision hangs on it: for many engagements of a group at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.history import Histories, History, Notice
from psbot.core.model.process import Process
from psbot.core.model.work_item import Author, is_machine
from psbot.core.notices import notice
from psbot.core.workflow.advance import NeededReads, needed_reads
from psbot.errors import GitLabError
from psbot.gitlab.ports import Reader
from psbot.gitlab.values import Comment
from psbot.observe.observation import Depth, Observation, ObservationResult

UNSEEN = (
    "GitLab does not show the comments of the engagement log, which it has just listed",
    "run again; psbot posts no notice as long as it cannot see which ones stand",
)
ENGAGEMENTS_PER_READ = 20  # engagements whose histories are asked for together; so many are held in memory
_MAX_ROUNDS = 5  # what was read may ask for more, and that again

ObservedEngagement = tuple[Engagement, Observation]


def gather_facts(
    reader: Reader, engagement: Engagement, observation: Observation, process: Process, now: datetime
) -> Facts:
    """Return what is known of an engagement, with every history that would make a difference.

    A history that GitLab does not show is None: what hangs on it could not be checked.
    """
    return _gather_facts(reader, [(engagement, observation)], process, now)[0]


def with_histories(
    reader: Reader, looked: Iterable[tuple[Engagement, ObservationResult]], process: Process, now: datetime
) -> Iterator[tuple[Engagement, ObservationResult]]:
    """Yield what was *looked* at, with the histories of some engagements read together.

    Where that fails they come without, and each engagement is left to fail, or not, by itself.
    """
    for _, several in groupby(looked, key=lambda each: _group_key(each)):
        chunk: list[tuple[Engagement, ObservationResult]] = []
        for each in several:
            chunk.append(each)
            if len(chunk) == ENGAGEMENTS_PER_READ:
                yield from _with_histories(reader, chunk, process, now)
                chunk = []
        yield from _with_histories(reader, chunk, process, now)


def _group_key(looked: tuple[Engagement, ObservationResult]) -> tuple[str, str]:
    return (looked[0].gitlab.group, looked[0].gitlab.label_group)


def _with_histories(
    reader: Reader, chunk: Sequence[tuple[Engagement, ObservationResult]], process: Process, now: datetime
) -> Iterator[tuple[Engagement, ObservationResult]]:
    whole = [
        (engagement, found)
        for engagement, found in chunk
        if isinstance(found, Observation) and found.depth >= Depth.CHILDREN
    ]
    try:
        facts = {each.engagement.key: each for each in _gather_facts(reader, whole, process, now)}
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


def fetch_notices(reader: Reader, group: str, log: str, me: Author, process: Process) -> tuple[Notice, ...]:
    """Return the notices that stand on the log with the global id *log*, oldest first.

    Raises GitLabError where GitLab does not show the log, which is no log without notices.
    """
    written = reader.fetch_comments(group, [log])
    if log not in written:
        raise GitLabError(*UNSEEN)
    return tuple(select_notices(written[log], me, process))


@dataclass(frozen=True, slots=True)
class _MissingReads:
    """What one engagement needs: the keys of items by global id, and the log where its notices are needed."""

    items: Mapping[str, str]
    log: str | None

    @classmethod
    def of(cls, facts: Facts, wanted: NeededReads) -> "_MissingReads":
        keys = wanted.items - facts.histories.by_item.keys()
        found = facts.observed.by_key()
        gids = {key: found[key].gid for key in keys if key in found}
        log = facts.log if wanted.notices else None
        return cls({gid: key for key, gid in gids.items() if gid}, log.gid if log else None)

    @property
    def is_empty(self) -> bool:
        return not self.items and self.log is None


def _gather_facts(
    reader: Reader, looked: Sequence[ObservedEngagement], process: Process, now: datetime
) -> list[Facts]:
    """Return the facts of engagements of one group and one label group, in their order."""
    known = [Facts(engagement, process, found.snapshot, now, found.histories) for engagement, found in looked]
    for _ in range(_MAX_ROUNDS):
        asked = [_MissingReads.of(facts, needed_reads(facts)) for facts in known]
        if all(each.is_empty for each in asked):
            break
        histories, comments = _fetch_missing(reader, looked, asked)
        known = [
            _with_answers(facts, observation, question, histories, comments)
            for facts, (_, observation), question in zip(known, looked, asked, strict=True)
        ]
    return known


def _fetch_missing(
    reader: Reader, looked: Sequence[ObservedEngagement], asked: Sequence[_MissingReads]
) -> tuple[Mapping[str, History], Mapping[str, Sequence[Comment]]]:
    (engagement, observation), group = looked[0], looked[0][0].gitlab.group
    items = {gid: key for each in asked for gid, key in each.items.items()}
    logs = [each.log for each in asked if each.log]
    histories = reader.fetch_histories(group, items, observation.global_ids.labels) if items else {}
    return histories, reader.fetch_comments(engagement.gitlab.group, logs) if logs else {}


def _with_answers(
    facts: Facts,
    observation: Observation,
    question: _MissingReads,
    histories: Mapping[str, History],
    comments: Mapping[str, Sequence[Comment]],
) -> Facts:
    items = {**facts.histories.by_item, **{key: histories.get(gid) for gid, key in question.items.items()}}
    standing = facts.histories.notices
    if question.log is not None:
        if question.log not in comments:
            raise GitLabError(*UNSEEN)
        standing = tuple(select_notices(comments[question.log], observation.account.author, facts.process))
    return replace(facts, histories=Histories(items, standing))


def select_notices(written: Iterable[Comment], me: Author, process: Process) -> Iterator[Notice]:
    """Yield psbot's notices among comments; a comment of a person's is none, whatever it begins with."""

    def is_ours(author: Author | None) -> bool:
        return author is not None and (author == me or is_machine(author, process))

    for each in written:
        name = notice.parse_identity(each.body)
        if name and is_ours(each.author):
            yield Notice(
                name, each.body, each.gid, each.edited_by is not None and not is_ours(each.edited_by)
            )

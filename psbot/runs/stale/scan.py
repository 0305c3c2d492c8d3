"""What has gone quiet in a portfolio: looked for in lists, and read where these do not tell.

Engagements that share a group share requests: the notes of 20 items are read in one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby

from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.history import Histories, History
from psbot.core.model.item import Snapshot
from psbot.core.model.process import Process
from psbot.core.staleness.measure import Measurements
from psbot.core.staleness.response import StaleResponse
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.ports import RateLimited, Reader
from psbot.gitlab.values import Membership
from psbot.observe.histories import select_notices
from psbot.observe.observation import GlobalIds, Observation, ReadScope
from psbot.observe.observe import observe_many
from psbot.runs import plans

_MAX_ROUNDS = 5  # what was read may ask for more, and that again
_MAX_WAITING_ITEMS = 200  # items whose notes are asked for together; engagements wait in memory until then
_TOGETHER = 60  # items changed, or notes written, before the next engagements' turn


@dataclass(frozen=True, slots=True)
class Scanned:
    """One engagement as far as it is known: the response to it, and what it was observed by."""

    response: StaleResponse
    observation: Observation

    @property
    def engagement(self) -> Engagement:
        """Return the engagement."""
        return self.response.facts.engagement

    @property
    def oldest_since(self) -> date:
        """Return since when the oldest finding waits that is not flagged yet; later days for what needs no hurry."""
        flagged = {item.key for item in self.response.flagged_items}
        new = [each.measurement.since for each in self.response.stale if each.flagged_item.key not in flagged]
        return min(new, default=date.max)


ScanResult = Scanned | PsbotError


def scan_one(  # noqa: PLR0917  the facts of one engagement, in the order they are found
    reader: Reader,
    engagement: Engagement,
    observation: Observation,
    process: Process,
    now: datetime,
    keys: Iterable[str] = (),
) -> StaleResponse:
    """Return the response to one engagement, with every verdict; the notes of *keys* are read in any case."""
    looked = _without_reads(engagement, observation, process, now)
    gids = _gids(looked, set(keys) & looked.response.facts.observed.by_key().keys())
    if gids:
        group, labels = engagement.gitlab.group, observation.global_ids.labels
        read = reader.fetch_whole_histories(group, list(gids.values()), labels)
        items = {key: _with_item_key(read[gid], key) if gid in read else None for key, gid in gids.items()}
        facts = looked.response.facts
        known = replace(
            facts, histories=replace(facts.histories, by_item={**facts.histories.by_item, **items})
        )
        looked = replace(looked, response=StaleResponse.from_facts(known))
    (found,) = _read_needed(reader, [looked])
    if isinstance(found, PsbotError):
        raise found
    return found.response


def scan(
    reader: Reader,
    engagements: Iterable[Engagement],
    process: Process,
    now: datetime,
) -> Iterator[tuple[Engagement, ScanResult]]:
    """Yield each engagement with what is known of it, group by group; one that cannot be seen with its error."""
    waiting: list[Scanned] = []
    asked = 0
    for engagement, observed in observe_many(
        reader, engagements, process, ReadScope(is_full=False, with_newest_note=True)
    ):
        if isinstance(observed, PsbotError):
            yield engagement, observed
            continue
        try:
            plans.check_projects(engagement, observed, process)
        except PsbotError as error:
            yield engagement, error
            continue
        looked = _without_reads(engagement, observed, process, now)
        if not _needs_reads(looked):
            yield engagement, _trim(looked)
            continue
        waiting.append(looked if looked.response.needs else _trim(looked))
        asked += len(looked.response.needs) + looked.response.needs_notices
        if asked >= _MAX_WAITING_ITEMS:
            yield from _read_waiting(reader, waiting)
            waiting, asked = [], 0
    yield from _read_waiting(reader, waiting)


def _read_waiting(reader: Reader, waiting: list[Scanned]) -> Iterator[tuple[Engagement, ScanResult]]:
    for before, found in zip(waiting, _read_needed(reader, waiting), strict=True):
        yield before.engagement, found if isinstance(found, PsbotError) else _trim(found)


def _without_reads(
    engagement: Engagement, observation: Observation, process: Process, now: datetime
) -> Scanned:
    return Scanned(
        StaleResponse.from_facts(Facts(engagement, process, observation.snapshot, now)), observation
    )


def _needs_reads(looked: Scanned) -> bool:
    return bool(looked.response.needs) or looked.response.needs_notices


def _read_needed(reader: Reader, waiting: Sequence[Scanned]) -> list[ScanResult]:
    """Return the engagements with everything read that makes a difference, and errors for those that could not be."""
    found: dict[int, ScanResult] = dict(enumerate(waiting))
    for _ in range(_MAX_ROUNDS):
        asking = {
            number: each for number, each in found.items() if isinstance(each, Scanned) and _needs_reads(each)
        }
        if not asking:
            break
        ordered = sorted(asking.items(), key=lambda pair: group_key(pair[1]))
        for _, together in groupby(ordered, key=lambda pair: group_key(pair[1])):
            found |= _read_together(reader, dict(together))
    return [found[number] for number in range(len(waiting))]


def group_key(looked: Scanned) -> tuple[str, str]:
    """Return what engagements have in common that share requests: the group, and that of the labels."""
    gitlab = looked.engagement.gitlab
    return gitlab.group, gitlab.label_group


def _read_together(reader: Reader, asking: Mapping[int, Scanned]) -> Mapping[int, ScanResult]:
    """Read for several engagements of one group; where that fails, one by one, so that one spoils no other."""
    try:
        return _read_group(reader, asking)
    except GitLabError as error:
        if len(asking) == 1 or isinstance(error, RateLimited):
            return dict.fromkeys(asking, error)
        found: dict[int, ScanResult] = {}
        for number, each in asking.items():
            found |= _read_together(reader, {number: each})
        return found


def _read_group(reader: Reader, asking: Mapping[int, Scanned]) -> dict[int, ScanResult]:
    first = next(iter(asking.values()))
    group, labels = first.engagement.gitlab.group, first.observation.global_ids.labels
    gids = {number: _gids(each, each.response.needs) for number, each in asking.items()}
    wanted = [gid for each in gids.values() for gid in each.values()]
    histories = reader.fetch_whole_histories(group, wanted, labels) if wanted else {}
    logs = {
        number: each.response.log.gid
        for number, each in asking.items()
        if each.response.needs_notices and each.response.log is not None and each.response.log.gid
    }
    comments = reader.fetch_comments(group, list(logs.values())) if logs else {}
    found: dict[int, ScanResult] = {}
    for number, each in asking.items():
        facts = each.response.facts
        items: dict[str, History | None] = dict(facts.histories.by_item)
        items |= dict.fromkeys(each.response.needs)  # what GitLab does not show could not be read
        items |= {
            key: _with_item_key(histories[gid], key) for key, gid in gids[number].items() if gid in histories
        }
        known = replace(facts.histories, by_item=items)
        if (gid := logs.get(number)) is not None:
            if gid not in comments:
                raise GitLabError(
                    f"{facts.engagement.key}: GitLab does not show the notes of its engagement log",
                    "the token may not see them; nothing was written",
                )
            me = each.observation.account.author
            known = replace(known, notices=tuple(select_notices(comments[gid], me, facts.process)))
        facts = replace(facts, histories=known)
        is_judged = not each.response.needs  # then only its digests were to be read
        response = (
            StaleResponse(facts, each.response.measurements) if is_judged else StaleResponse.from_facts(facts)
        )
        found[number] = replace(each, response=response)
    return found


def _gids(looked: Scanned, keys: Iterable[str]) -> dict[str, str]:
    items = looked.response.facts.observed.by_key()
    return {key: gid for key in sorted(keys) if (gid := items[key].gid)}


def _with_item_key(history: History, key: str) -> History:
    return replace(
        history,
        labels=tuple(replace(each, item=key) for each in history.labels),
        states=tuple(replace(each, item=key) for each in history.states),
    )


def _trim(looked: Scanned) -> Scanned:
    """Return what is left to answer: a portfolio's worth of engagements waits in memory until all are known."""
    response = looked.response
    judgement, facts = response.measurements, response.facts
    kept = (*judgement.stale, *judgement.unchecked)
    flagged = {item.key for item in response.flagged_items}
    few = Measurements(kept, judgement.not_measured_because)
    if not kept and not flagged:
        calm = replace(facts, observed=Snapshot(), histories=Histories())
        nothing = replace(
            looked.observation,
            snapshot=Snapshot(),
            seen_gids=frozenset(),
            epics_by_title={},
            global_ids=GlobalIds(),
        )
        return Scanned(StaleResponse(calm, few), nothing)
    keys = {each.item for each in kept} | flagged | ({response.log.key} if response.log else set())
    snapshot = replace(
        facts.observed,
        children=tuple(item for item in facts.observed.children if item.key in keys),
        duplicates=(),
    )
    histories = replace(
        facts.histories, by_item={key: each for key, each in facts.histories.by_item.items() if key in keys}
    )
    left = replace(facts, observed=snapshot, histories=histories)
    observation = replace(looked.observation, snapshot=snapshot, seen_gids=frozenset(), epics_by_title={})
    return Scanned(StaleResponse(left, few), observation)


@dataclass
class LogReaders:
    """Who can see the internal projects, asked once each."""

    reader: Reader
    checked: set[Membership] = field(default_factory=set)
    members: set[Membership] = field(default_factory=set)

    def check(self, names: Iterable[tuple[Engagement, Iterable[str]]]) -> None:
        """Find out whether *names* can see the internal projects of their engagements."""
        asked = {Membership(name, each.gitlab.internal) for each, people in names for name in people}
        asked -= self.checked
        if not asked:
            return
        ordered = sorted(asked, key=lambda each: (each.path, each.username))
        found = self.reader.fetch_accounts(sorted({each.username for each in asked}), ordered)
        self.members |= {each for each in found.members if each.username not in found.inactive}
        self.checked |= asked

    def readers(self, engagement: Engagement) -> frozenset[str]:
        """Return who of those that were asked for can see the engagement's log."""
        return frozenset(each.username for each in self.members if each.path == engagement.gitlab.internal)

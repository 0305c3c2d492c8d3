"""Scan a portfolio for stale items: first in lists, then in histories where lists are not enough.

Engagements of one group share requests: the notes of 20 items are read in one.
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
from psbot.gitlab.ports import HiddenAnswer, RateLimited, Reader
from psbot.gitlab.values import Comment, Membership
from psbot.observe.histories import read_until_settled, select_notices
from psbot.observe.observation import GlobalIds, Observation, ObservationResult, ReadScope
from psbot.observe.observe import observe_many
from psbot.runs.plans import check_projects

_MAX_WAITING_ITEMS = 200  # items whose notes are read together; their engagements wait in memory until then


@dataclass(frozen=True, slots=True)
class Scanned:
    """One engagement as far as it is known: the response to it, and the observation that it is based on."""

    response: StaleResponse
    observation: Observation

    @property
    def engagement(self) -> Engagement:
        """Return the engagement."""
        return self.response.facts.engagement

    @property
    def oldest_since(self) -> date:
        """Return since when the oldest finding without a flag exists; the last of all days where there is none."""
        flagged = {item.key for item in self.response.flagged_items}
        new = [each.measurement.since for each in self.response.stale if each.flagged_item.key not in flagged]
        return min(new, default=date.max)

    @property
    def needs_reads(self) -> bool:
        """Tell whether histories or notices have to be read before the response is complete."""
        return bool(self.response.needs) or self.response.needs_notices


ScanResult = Scanned | PsbotError


def scan_one(
    reader: Reader, observation: Observation, facts: Facts, keys: Iterable[str] = ()
) -> StaleResponse:
    """Return the complete response to one engagement; the notes of the items *keys* are read in any case."""
    facts = Facts(facts.engagement, facts.process, observation.snapshot, facts.now)
    scanned = Scanned(StaleResponse.from_facts(facts), observation)
    gids = _gids(scanned, set(keys) & facts.observed.by_key().keys())
    if gids:
        group, labels = facts.engagement.gitlab.group, observation.global_ids.labels
        read = reader.fetch_whole_histories(group, list(gids.values()), labels)
        items = {key: _with_item_key(read[gid], key) if gid in read else None for key, gid in gids.items()}
        histories = replace(facts.histories, by_item={**facts.histories.by_item, **items})
        known = replace(facts, histories=histories)
        scanned = replace(scanned, response=StaleResponse.from_facts(known))
    (result,) = _read_needed(reader, [scanned])
    if isinstance(result, PsbotError):
        raise result
    return result.response


def scan(
    reader: Reader, engagements: Iterable[Engagement], process: Process, now: datetime
) -> Iterator[tuple[Engagement, ScanResult]]:
    """Yield each engagement with what is known of it, or with the error that prevents reading it; group by group."""
    waiting: list[Scanned] = []
    needed = 0
    scope = ReadScope(is_full=False, with_newest_note=True)
    for engagement, observed in observe_many(reader, engagements, process, scope):
        scanned = _scan_lists(engagement, observed, process, now)
        if isinstance(scanned, PsbotError):
            yield engagement, scanned
        elif not scanned.needs_reads:
            yield engagement, _trim(scanned)
        else:
            waiting.append(scanned if scanned.response.needs else _trim(scanned))
            needed += len(scanned.response.needs) + scanned.response.needs_notices
        if needed >= _MAX_WAITING_ITEMS:
            yield from _read_waiting(reader, waiting)
            waiting, needed = [], 0
    yield from _read_waiting(reader, waiting)


def _scan_lists(
    engagement: Engagement, observed: ObservationResult, process: Process, now: datetime
) -> ScanResult:
    """Return what the lists alone show of an engagement."""
    if isinstance(observed, PsbotError):
        return observed
    try:
        check_projects(engagement, observed, process)
    except PsbotError as error:
        return error
    return Scanned(StaleResponse.from_facts(Facts(engagement, process, observed.snapshot, now)), observed)


def _read_waiting(reader: Reader, waiting: list[Scanned]) -> Iterator[tuple[Engagement, ScanResult]]:
    for before, result in zip(waiting, _read_needed(reader, waiting), strict=True):
        yield before.engagement, result if isinstance(result, PsbotError) else _trim(result)


def _read_needed(reader: Reader, waiting: Sequence[Scanned]) -> list[ScanResult]:
    """Return the engagements with everything read that a measurement depends on, or with errors."""

    def read_more(results: dict[int, ScanResult]) -> dict[int, ScanResult] | None:
        needing = [
            (number, each)
            for number, each in results.items()
            if isinstance(each, Scanned) and each.needs_reads
        ]
        if not needing:
            return None
        after = dict(results)
        ordered = sorted(needing, key=lambda pair: group_key(pair[1]))
        for _, together in groupby(ordered, key=lambda pair: group_key(pair[1])):
            after |= _read_together(reader, dict(together))
        return after

    first: dict[int, ScanResult] = dict(enumerate(waiting))
    results = read_until_settled(first, read_more)
    return [results[number] for number in range(len(waiting))]


def group_key(scanned: Scanned) -> tuple[str, str]:
    """Return what engagements have in common that share requests: the group and the label group."""
    gitlab = scanned.engagement.gitlab
    return gitlab.group, gitlab.label_group


def _read_together(reader: Reader, needing: Mapping[int, Scanned]) -> Mapping[int, ScanResult]:
    """Read for several engagements of one group; where that fails, for each alone, so that one spoils no other."""
    try:
        return _read_group(reader, needing)
    except GitLabError as error:
        if len(needing) == 1 or isinstance(error, RateLimited):
            return dict.fromkeys(needing, error)
        results: dict[int, ScanResult] = {}
        for number, each in needing.items():
            results |= _read_together(reader, {number: each})
        return results


def _read_group(reader: Reader, needing: Mapping[int, Scanned]) -> dict[int, ScanResult]:
    first = next(iter(needing.values()))
    group, labels = first.engagement.gitlab.group, first.observation.global_ids.labels
    gids = [gid for each in needing.values() for gid in _gids(each, each.response.needs).values()]
    logs = [log for each in needing.values() if (log := _needed_log(each))]
    histories = reader.fetch_whole_histories(group, gids, labels) if gids else {}
    comments = reader.fetch_comments(group, logs) if logs else {}
    return {number: _with_answers(each, histories, comments) for number, each in needing.items()}


def _needed_log(scanned: Scanned) -> str | None:
    log = scanned.response.log if scanned.response.needs_notices else None
    return log.gid if log is not None else None


def _with_answers(
    scanned: Scanned, histories: Mapping[str, History], comments: Mapping[str, Sequence[Comment]]
) -> Scanned:
    response, facts = scanned.response, scanned.response.facts
    items: dict[str, History | None] = dict(facts.histories.by_item)
    items |= dict.fromkeys(response.needs)  # what GitLab does not show could not be checked
    for key, gid in _gids(scanned, response.needs).items():
        if gid in histories:
            items[key] = _with_item_key(histories[gid], key)
    known = replace(facts.histories, by_item=items)
    if (log := _needed_log(scanned)) is not None:
        if log not in comments:
            raise HiddenAnswer(
                "the comments of the engagement log",
                "psbot posts no digest while it cannot see the existing ones",
                facts.engagement.key,
            )
        me = scanned.observation.account.author
        notices = select_notices(comments[log], me, facts.process, facts.engagement.people)
        known = replace(known, notices=tuple(notices))
    facts = replace(facts, histories=known)
    is_measured = not response.needs  # then only the digests had to be read
    return replace(
        scanned,
        response=StaleResponse(facts, response.measurements)
        if is_measured
        else StaleResponse.from_facts(facts),
    )


def _gids(scanned: Scanned, keys: Iterable[str]) -> dict[str, str]:
    items = scanned.response.facts.observed.by_key()
    return {key: gid for key in sorted(keys) if (gid := items[key].gid)}


def _with_item_key(history: History, key: str) -> History:
    return replace(
        history,
        labels=tuple(replace(each, item=key) for each in history.labels),
        states=tuple(replace(each, item=key) for each in history.states),
    )


def _trim(scanned: Scanned) -> Scanned:
    """Return only what the response needs: all engagements of a portfolio wait in memory until all are known."""
    response, facts = scanned.response, scanned.response.facts
    measured = response.measurements
    results = (*measured.stale, *measured.unchecked)
    flagged = {item.key for item in response.flagged_items}
    measurements = Measurements(results, measured.not_measured_because)
    observation = replace(scanned.observation, seen_gids=frozenset(), epics_by_title={})
    if not results and not flagged:
        nothing = replace(facts, observed=Snapshot(), histories=Histories())
        return Scanned(
            StaleResponse(nothing, measurements),
            replace(observation, snapshot=Snapshot(), global_ids=GlobalIds()),
        )
    keys = {each.item for each in results} | flagged | ({response.log.key} if response.log else set())
    keys |= set(facts.histories.unreadable_items())
    children = tuple(item for item in facts.observed.children if item.key in keys)
    snapshot = replace(facts.observed, children=children, duplicates=())
    by_item = {key: each for key, each in facts.histories.by_item.items() if key in keys}
    kept = replace(facts, observed=snapshot, histories=replace(facts.histories, by_item=by_item))
    return Scanned(StaleResponse(kept, measurements), replace(observation, snapshot=snapshot))


@dataclass
class LogReaders:
    """Who can read the internal projects, where the engagement logs are; each account is checked once."""

    reader: Reader
    checked: set[Membership] = field(default_factory=set)
    members: set[Membership] = field(default_factory=set)

    def check(self, names: Iterable[tuple[Engagement, Iterable[str]]]) -> None:
        """Read whether the accounts *names* can see the internal projects of their engagements."""
        memberships = {Membership(name, each.gitlab.internal) for each, people in names for name in people}
        memberships -= self.checked
        if not memberships:
            return
        ordered = sorted(memberships, key=lambda each: (each.path, each.username))
        found = self.reader.fetch_accounts(sorted({each.username for each in memberships}), ordered)
        self.members |= {each for each in found.members if each.username not in found.inactive}
        self.checked |= memberships

    def readers(self, engagement: Engagement) -> frozenset[str]:
        """Return which of the checked accounts can see the engagement's log."""
        return frozenset(each.username for each in self.members if each.path == engagement.gitlab.internal)

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
from psbot.core.staleness.measure import Judgement
from psbot.core.staleness.response import Response
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.ports import ForgeReader, RateLimited
from psbot.gitlab.values import Membership
from psbot.observe.histories import notices_among
from psbot.observe.observation import Handles, Look, Observation
from psbot.observe.observe import observe_many
from psbot.runs import plans as drawing

_ROUNDS = 5  # what was read may ask for more, and that again
_WAITING = 200  # items whose notes are asked for together; engagements wait in memory until then
_TOGETHER = 60  # items changed, or notes written, before the next engagements' turn


@dataclass(frozen=True, slots=True)
class Looked:
    """One engagement as far as it is known: the response to it, and what it was observed by."""

    response: Response
    observation: Observation

    @property
    def engagement(self) -> Engagement:
        """Return the engagement."""
        return self.response.facts.engagement

    @property
    def since(self) -> date:
        """Return since when the oldest finding waits that is not flagged yet; later days for what needs no hurry."""
        flagged = {item.key for item in self.response.flagged}
        new = [each.verdict.since for each in self.response.stale if each.carrier.key not in flagged]
        return min(new, default=date.max)


Found = Looked | PsbotError


def respond(  # noqa: PLR0917  the facts of one engagement, in the order they are found
    reader: ForgeReader,
    engagement: Engagement,
    observation: Observation,
    process: Process,
    now: datetime,
    keys: Iterable[str] = (),
) -> Response:
    """Return the response to one engagement, with every verdict; the notes of *keys* are read in any case."""
    looked = _unread(engagement, observation, process, now)
    gids = _gids(looked, set(keys) & looked.response.facts.observed.by_key().keys())
    if gids:
        group, labels = engagement.gitlab.group, observation.handles.labels
        read = reader.fetch_whole_histories(group, list(gids.values()), labels)
        items = {key: _named(read[gid], key) if gid in read else None for key, gid in gids.items()}
        facts = looked.response.facts
        known = replace(facts, histories=replace(facts.histories, items={**facts.histories.items, **items}))
        looked = replace(looked, response=Response.to(known))
    (found,) = _read(reader, [looked])
    if isinstance(found, PsbotError):
        raise found
    return found.response


def look(
    reader: ForgeReader,
    engagements: Iterable[Engagement],
    process: Process,
    now: datetime,
) -> Iterator[tuple[Engagement, Found]]:
    """Yield each engagement with what is known of it, group by group; one that cannot be seen with its error."""
    waiting: list[Looked] = []
    asked = 0
    for engagement, observed in observe_many(
        reader, engagements, process, Look(is_thorough=False, with_newest=True)
    ):
        if isinstance(observed, PsbotError):
            yield engagement, observed
            continue
        try:
            drawing.check_places(engagement, observed, process)
        except PsbotError as error:
            yield engagement, error
            continue
        looked = _unread(engagement, observed, process, now)
        if not _asks(looked):
            yield engagement, _trimmed(looked)
            continue
        waiting.append(looked if looked.response.needs else _trimmed(looked))
        asked += len(looked.response.needs) + looked.response.needs_notices
        if asked >= _WAITING:
            yield from _settled(reader, waiting)
            waiting, asked = [], 0
    yield from _settled(reader, waiting)


def _settled(reader: ForgeReader, waiting: list[Looked]) -> Iterator[tuple[Engagement, Found]]:
    for before, found in zip(waiting, _read(reader, waiting), strict=True):
        yield before.engagement, found if isinstance(found, PsbotError) else _trimmed(found)


def _unread(engagement: Engagement, observation: Observation, process: Process, now: datetime) -> Looked:
    return Looked(Response.to(Facts(engagement, process, observation.snapshot, now)), observation)


def _asks(looked: Looked) -> bool:
    return bool(looked.response.needs) or looked.response.needs_notices


def _read(reader: ForgeReader, waiting: Sequence[Looked]) -> list[Found]:
    """Return the engagements with everything read that makes a difference, and errors for those that could not be."""
    found: dict[int, Found] = dict(enumerate(waiting))
    for _ in range(_ROUNDS):
        asking = {number: each for number, each in found.items() if isinstance(each, Looked) and _asks(each)}
        if not asking:
            break
        ordered = sorted(asking.items(), key=lambda pair: place(pair[1]))
        for _, together in groupby(ordered, key=lambda pair: place(pair[1])):
            found |= _read_together(reader, dict(together))
    return [found[number] for number in range(len(waiting))]


def place(looked: Looked) -> tuple[str, str]:
    """Return what engagements have in common that share requests: the group, and that of the labels."""
    gitlab = looked.engagement.gitlab
    return gitlab.group, gitlab.label_group


def _read_together(reader: ForgeReader, asking: Mapping[int, Looked]) -> Mapping[int, Found]:
    """Read for several engagements of one group; where that fails, one by one, so that one spoils no other."""
    try:
        return _reading(reader, asking)
    except GitLabError as error:
        if len(asking) == 1 or isinstance(error, RateLimited):
            return dict.fromkeys(asking, error)
        found: dict[int, Found] = {}
        for number, each in asking.items():
            found |= _read_together(reader, {number: each})
        return found


def _reading(reader: ForgeReader, asking: Mapping[int, Looked]) -> dict[int, Found]:
    first = next(iter(asking.values()))
    group, labels = first.engagement.gitlab.group, first.observation.handles.labels
    gids = {number: _gids(each, each.response.needs) for number, each in asking.items()}
    wanted = [gid for each in gids.values() for gid in each.values()]
    histories = reader.fetch_whole_histories(group, wanted, labels) if wanted else {}
    logs = {
        number: each.response.log.gid
        for number, each in asking.items()
        if each.response.needs_notices and each.response.log is not None and each.response.log.gid
    }
    comments = reader.fetch_comments(group, list(logs.values())) if logs else {}
    found: dict[int, Found] = {}
    for number, each in asking.items():
        facts = each.response.facts
        items: dict[str, History | None] = dict(facts.histories.items)
        items |= dict.fromkeys(each.response.needs)  # what GitLab does not show could not be read
        items |= {key: _named(histories[gid], key) for key, gid in gids[number].items() if gid in histories}
        known = replace(facts.histories, items=items)
        if (gid := logs.get(number)) is not None:
            if gid not in comments:
                raise GitLabError(
                    f"{facts.engagement.key}: GitLab does not show the notes of its engagement log",
                    "the token may not see them; nothing was written",
                )
            me = each.observation.account.author
            known = replace(known, notices=tuple(notices_among(comments[gid], me, facts.process)))
        facts = replace(facts, histories=known)
        is_judged = not each.response.needs  # then only its digests were to be read
        response = Response(facts, each.response.judgement) if is_judged else Response.to(facts)
        found[number] = replace(each, response=response)
    return found


def _gids(looked: Looked, keys: Iterable[str]) -> dict[str, str]:
    items = looked.response.facts.observed.by_key()
    return {key: gid for key in sorted(keys) if (gid := items[key].gid)}


def _named(history: History, key: str) -> History:
    return replace(
        history,
        labels=tuple(replace(each, item=key) for each in history.labels),
        states=tuple(replace(each, item=key) for each in history.states),
    )


def _trimmed(looked: Looked) -> Looked:
    """Return what is left to answer: a portfolio's worth of engagements waits in memory until all are known."""
    response = looked.response
    judgement, facts = response.judgement, response.facts
    kept = (*judgement.stale, *judgement.unchecked)
    flagged = {item.key for item in response.flagged}
    few = Judgement(kept, judgement.rests)
    if not kept and not flagged:
        calm = replace(facts, observed=Snapshot(), histories=Histories())
        nothing = replace(
            looked.observation, snapshot=Snapshot(), seen=frozenset(), titles={}, handles=Handles()
        )
        return Looked(Response(calm, few), nothing)
    keys = {each.item for each in kept} | flagged | ({response.log.key} if response.log else set())
    snapshot = replace(
        facts.observed,
        children=tuple(item for item in facts.observed.children if item.key in keys),
        duplicates=(),
    )
    histories = replace(
        facts.histories, items={key: each for key, each in facts.histories.items.items() if key in keys}
    )
    left = replace(facts, observed=snapshot, histories=histories)
    observation = replace(looked.observation, snapshot=snapshot, seen=frozenset(), titles={})
    return Looked(Response(left, few), observation)


@dataclass
class Audience:
    """Who can see the internal projects, asked once each."""

    reader: ForgeReader
    asked: set[Membership] = field(default_factory=set)
    members: set[Membership] = field(default_factory=set)

    def meet(self, names: Iterable[tuple[Engagement, Iterable[str]]]) -> None:
        """Find out whether *names* can see the internal projects of their engagements."""
        asked = {Membership(name, each.gitlab.internal) for each, people in names for name in people}
        asked -= self.asked
        if not asked:
            return
        ordered = sorted(asked, key=lambda each: (each.path, each.username))
        found = self.reader.fetch_people(sorted({each.username for each in asked}), ordered)
        self.members |= {each for each in found.members if each.username not in found.inactive}
        self.asked |= asked

    def readers(self, engagement: Engagement) -> frozenset[str]:
        """Return who of those that were asked for can see the engagement's log."""
        return frozenset(each.username for each in self.members if each.path == engagement.gitlab.internal)

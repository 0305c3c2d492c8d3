"""The portfolio digest of a manager: what has gone quiet in all engagements that they run, told in one issue.

The issue is found by the marker in its first line, is made once and never closed. In it stand digests like those of
an engagement's log (:mod:`psbot.core.notices.digest`): one is posted when there is something new to hear, shrinks in
place, and is resolved when nothing is left. Its entries name the engagement, so what was not looked at this time
stays told.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from psbot.core.model.history import Notice
from psbot.core.model.item import Item
from psbot.core.model.operations import CreateChild, PostNotice
from psbot.core.model.process import Process
from psbot.core.model.staleness_policy import Policy
from psbot.core.model.work_item import Sighting, is_machine
from psbot.core.notices import digest as digests
from psbot.core.notices.digest import Entry, Line
from psbot.core.staleness.response import Response

KEY = "portfolio-digest"
_MARKER = re.compile(
    r"\A\ufeff?<!-- psbot portfolio digest: manager=(?P<manager>[A-Za-z0-9._-]+) -->[ \t]*(?:\r?\n|\Z)"
)
_TITLE = "Gone quiet: the engagements of {manager}"
_WORDS = (
    "psbot writes below what has gone quiet in the engagements of {manager}, and resolves it when people have acted. "
    "Leave the first line as it is: by it this issue is found again.\n"
)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What a run knows of a portfolio: responses by key to the engagements that it could judge.

    Where it ``is_whole``, an engagement that it does not know has left the portfolio; otherwise the run was not to
    look at all of them.
    """

    responses: Mapping[str, Response]
    policies: Mapping[str, Policy]
    managers: Mapping[str, str]
    is_whole: bool

    def of(self, manager: str) -> Iterator[Response]:
        """Yield the responses to what *manager* runs, by key."""
        for _, response in sorted(self.responses.items()):
            if response.facts.engagement.manager == manager:
                yield response


@dataclass(frozen=True, slots=True)
class Issue:
    """The issue of one manager, and the digests that stand in it, oldest first."""

    item: Item
    notices: tuple[Notice, ...] = ()


def manager_of(sighting: Sighting, process: Process) -> str | None:
    """Return whose portfolio digest *sighting* is; None where it is none, or a person has made it."""
    match = _MARKER.match(sighting.description)
    is_ours = sighting.author is not None and is_machine(sighting.author, process)
    return match["manager"] if match and is_ours and not sighting.is_moved else None


def creation(manager: str, project: str) -> CreateChild:
    """Return what makes the issue of *manager*: confidential, and below no epic."""
    marker = f"<!-- psbot portfolio digest: manager={manager} -->\n"
    item = Item(
        key=f"{KEY}/{manager}",
        kind=KEY,
        namespace=project,
        title=_TITLE.format(manager=manager),
        description=marker + _WORDS.format(manager=manager),
        confidential=True,
        is_adrift=True,
    )
    return CreateChild(item, "the manager has no portfolio digest here yet")


def lines(manager: str, portfolio: Portfolio, notices: Iterable[Notice]) -> tuple[Line, ...]:
    """Return what the digest of *manager* has to say; *notices* stand in the issue."""
    told = digests.last_told(notices)
    found = [line for response in portfolio.of(manager) for line in _own(response, told, manager)]
    return (*found, *_unseen(manager, portfolio, told))


def operations(
    manager: str, issues: Sequence[Issue], portfolio: Portfolio, readers: frozenset[str]
) -> Iterator[PostNotice]:
    """Yield what brings the digest of *manager* up to date in the first of *issues*, and ends it in the others."""
    first, *others = issues
    for each in others:
        yield from digests.superseded(each.item, each.notices)
    yield from digests.digests(first.item, lines(manager, portfolio, first.notices), first.notices, readers)


def _own(response: Response, told: Iterable[Entry], manager: str) -> Iterator[Line]:
    prefix = f"{response.facts.engagement.key}:"
    theirs = [
        replace(each, item=each.item.removeprefix(prefix)) for each in told if each.item.startswith(prefix)
    ]
    for stale in (*response.stale, *response.kept(theirs)):
        line = response.line(stale)
        entry = replace(line.entry, item=f"{prefix}{line.entry.item}")
        yield Line(entry, f"{prefix} {line.words}", line.place, (manager,))


def _unseen(manager: str, portfolio: Portfolio, told: Iterable[Entry]) -> Iterator[Line]:
    """Yield what was told of engagements that this run could not judge, or was not to look at."""
    for entry in sorted(told):
        key, _, item = entry.item.partition(":")
        policy = portfolio.policies.get(entry.policy)
        if policy is None or key in portfolio.responses:
            continue
        if portfolio.managers.get(key, None if portfolio.is_whole else manager) == manager:
            words = f"{key}: {policy.says}; since {entry.since.isoformat()}; not looked at this time"
            yield Line(entry, words, item, (manager,))

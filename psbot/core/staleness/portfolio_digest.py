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
from psbot.core.model.staleness_policy import StalenessPolicy
from psbot.core.model.work_item import WorkItem, is_machine
from psbot.core.notices import digest
from psbot.core.notices.digest import DigestEntry, DigestLine
from psbot.core.staleness.response import StaleResponse

KEY = "portfolio-digest"
_MARKER = re.compile(
    r"\A\ufeff?<!-- psbot portfolio digest: manager=(?P<manager>[A-Za-z0-9._-]+) -->[ \t]*(?:\r?\n|\Z)"
)
_TITLE = "Gone quiet: the engagements of {manager}"
_DESCRIPTION = (
    "psbot writes below what has gone quiet in the engagements of {manager}, and resolves it when people have acted. "
    "Leave the first line as it is: by it this issue is found again.\n"
)


@dataclass(frozen=True, slots=True)
class PortfolioView:
    """What a run knows of a portfolio: responses by key to the engagements that it could judge.

    Where it ``is_whole``, an engagement that it does not know has left the portfolio; otherwise the run was not to
    look at all of them.
    """

    responses: Mapping[str, StaleResponse]
    policies: Mapping[str, StalenessPolicy]
    managers: Mapping[str, str]
    is_whole: bool

    def responses_for(self, manager: str) -> Iterator[StaleResponse]:
        """Yield the responses to what *manager* runs, by key."""
        for _, response in sorted(self.responses.items()):
            if response.facts.engagement.manager == manager:
                yield response


@dataclass(frozen=True, slots=True)
class DigestIssue:
    """The issue of one manager, and the digests that stand in it, oldest first."""

    item: Item
    notices: tuple[Notice, ...] = ()


def manager_of(work_item: WorkItem, process: Process) -> str | None:
    """Return whose portfolio digest *sighting* is; None where it is none, or a person has made it."""
    match = _MARKER.match(work_item.description)
    is_ours = work_item.author is not None and is_machine(work_item.author, process)
    return match["manager"] if match and is_ours and not work_item.is_moved else None


def create_issue(manager: str, project: str) -> CreateChild:
    """Return what makes the issue of *manager*: confidential, and below no epic."""
    marker = f"<!-- psbot portfolio digest: manager={manager} -->\n"
    item = Item(
        key=f"{KEY}/{manager}",
        kind=KEY,
        namespace=project,
        title=_TITLE.format(manager=manager),
        description=marker + _DESCRIPTION.format(manager=manager),
        confidential=True,
        is_detached=True,
    )
    return CreateChild(item, "the manager has no portfolio digest here yet")


def digest_lines(manager: str, portfolio: PortfolioView, notices: Iterable[Notice]) -> tuple[DigestLine, ...]:
    """Return what the digest of *manager* has to say; *notices* stand in the issue."""
    told = digest.last_entries(notices)
    found = [
        line
        for response in portfolio.responses_for(manager)
        for line in _lines_of_engagement(response, told, manager)
    ]
    return (*found, *_lines_not_checked(manager, portfolio, told))


def digest_operations(
    manager: str, issues: Sequence[DigestIssue], portfolio: PortfolioView, readers: frozenset[str]
) -> Iterator[PostNotice]:
    """Yield what brings the digest of *manager* up to date in the first of *issues*, and ends it in the others."""
    first, *others = issues
    for each in others:
        yield from digest.supersede(each.item, each.notices)
    yield from digest.plan_digests(
        first.item, digest_lines(manager, portfolio, first.notices), first.notices, readers
    )


def _lines_of_engagement(
    response: StaleResponse, entries: Iterable[DigestEntry], manager: str
) -> Iterator[DigestLine]:
    prefix = f"{response.facts.engagement.key}:"
    theirs = [
        replace(each, item=each.item.removeprefix(prefix)) for each in entries if each.item.startswith(prefix)
    ]
    for stale in (*response.stale, *response.still_unknown(theirs)):
        line = response.digest_line(stale)
        entry = replace(line.entry, item=f"{prefix}{line.entry.item}")
        yield DigestLine(entry, f"{prefix} {line.text}", line.reference, (manager,))


def _lines_not_checked(
    manager: str, portfolio: PortfolioView, entries: Iterable[DigestEntry]
) -> Iterator[DigestLine]:
    """Yield what was told of engagements that this run could not judge, or was not to look at."""
    for entry in sorted(entries):
        key, _, item = entry.item.partition(":")
        policy = portfolio.policies.get(entry.policy)
        if policy is None or key in portfolio.responses:
            continue
        if portfolio.managers.get(key, None if portfolio.is_whole else manager) == manager:
            words = f"{key}: {policy.message}; since {entry.since.isoformat()}; not looked at this time"
            yield DigestLine(entry, words, item, (manager,))

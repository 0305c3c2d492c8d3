"""The portfolio digest of a manager: the stale items of all their engagements, in one issue.

The issue is found by its marker, on a line of its own, is created once and never closed. It contains digests like those
in an engagement's log (:mod:`psbot.core.notices.digest`): one is posted when there is something new, is edited when it
gets shorter, and is resolved when nothing is left. Its entries name the engagement, so an engagement that this run did
not check keeps its entries.
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
    r"^\ufeff?<!-- psbot portfolio digest: manager=(?P<manager>[A-Za-z0-9._-]+) -->[ \t]*\r?$", re.MULTILINE
)
_TITLE = "Stale items in the engagements of {manager}"
_DESCRIPTION = (
    "psbot posts the stale items of the engagements of {manager} below, and resolves them when people have acted. "
    "Do not remove the first line: psbot finds this issue by it.\n"
)


@dataclass(frozen=True, slots=True)
class PortfolioView:
    """What a run knows of a portfolio: by key, the responses to the engagements that it could check.

    If it ``is_whole``, an engagement that is missing has left the portfolio; otherwise the run was limited to some.
    """

    responses: Mapping[str, StaleResponse]
    policies: Mapping[str, StalenessPolicy]
    managers: Mapping[str, str]
    is_whole: bool

    def responses_for(self, manager: str) -> Iterator[StaleResponse]:
        """Yield the responses to the engagements of *manager*, in order of their keys."""
        for _, response in sorted(self.responses.items()):
            if response.facts.engagement.manager == manager:
                yield response


@dataclass(frozen=True, slots=True)
class DigestIssue:
    """The issue of one manager, and the digests in it, oldest first."""

    item: Item
    notices: tuple[Notice, ...] = ()


def manager_of(work_item: WorkItem, process: Process) -> str | None:
    """Return the manager whose portfolio digest *work_item* is; None if it is none, or a person created it.

    The account that created it may have been deleted since: nobody gets a second issue for that.
    """
    match, author = _MARKER.search(work_item.description), work_item.author
    is_ours = author is None or author.is_ghost or is_machine(author, process)
    return match["manager"].lower() if match and is_ours and not work_item.is_moved else None


def create_issue(manager: str, project: str) -> CreateChild:
    """Return the operation that creates the issue of *manager*, confidential and not below an epic."""
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
    return CreateChild(item, "the manager has no portfolio digest yet")


def digest_lines(manager: str, portfolio: PortfolioView, notices: Iterable[Notice]) -> tuple[DigestLine, ...]:
    """Return the lines of the digest of *manager*; *notices* are those in the issue."""
    entries = digest.last_entries(notices)
    lines = [
        line
        for response in portfolio.responses_for(manager)
        for line in _lines_of_engagement(response, entries, manager)
    ]
    return (*lines, *_lines_not_checked(manager, portfolio, entries))


def digest_operations(
    manager: str, issues: Sequence[DigestIssue], portfolio: PortfolioView, readers: frozenset[str]
) -> Iterator[PostNotice]:
    """Yield what updates the digest of *manager* in the first of *issues*, and ends it in the others."""
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
    own_entries = [
        replace(each, item=each.item.removeprefix(prefix)) for each in entries if each.item.startswith(prefix)
    ]
    for finding in (*response.stale, *response.still_unknown(own_entries)):
        line = response.digest_line(finding)
        entry = replace(line.entry, item=f"{prefix}{line.entry.item}")
        yield DigestLine(entry, f"{prefix} {line.text}", line.reference, (manager,))


def _lines_not_checked(
    manager: str, portfolio: PortfolioView, entries: Iterable[DigestEntry]
) -> Iterator[DigestLine]:
    """Yield the entries of engagements that this run could not or did not check."""
    for entry in sorted(entries):
        key, _, item = entry.item.partition(":")
        policy = portfolio.policies.get(entry.policy)
        if policy is None or key in portfolio.responses:
            continue
        if portfolio.managers.get(key, None if portfolio.is_whole else manager) == manager:
            text = f"{key}: {policy.message}; since {entry.since.isoformat()}; not checked in this run"
            yield DigestLine(entry, text, item, (manager,))

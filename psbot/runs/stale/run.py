"""One run over a portfolio or a share of it: look, then answer, within limits; nothing is remembered outside GitLab."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.core.model.staleness_policy import Ceilings
from psbot.errors import PsbotError
from psbot.runs.stale.portfolio_digests import PortfolioDigests
from psbot.runs.stale.scan import Looked, look
from psbot.runs.stale.write import Ended, answer
from psbot.runs.work import Reconciled, Work


@dataclass(frozen=True, slots=True)
class Share:
    """The *index*th of *total* shares, by engagement key, so that each job of a pipeline always has the same."""

    index: int = 1
    total: int = 1

    @classmethod
    def of(cls, index: int | None, total: int | None) -> "Share":
        """Return the share; raises PsbotError where one number is missing or they do not fit."""
        if index is None and total in (None, 1):
            return cls()
        if index is None or total is None or index > total:
            raise PsbotError(
                f"share {index or '?'} of {total or '?'} is none", "give --node-index from 1 to --node-total"
            )
        return cls(index, total)

    def has(self, key: str) -> bool:
        """Tell whether the engagement *key* is in the share."""
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])
        return number % self.total == self.index - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may do: digests, requests, seconds; None is what the policies allow, or no limit."""

    notes: int | None = None
    requests: int | None = None
    seconds: float | None = None
    share: Share = field(default_factory=Share)

    def ceilings(self, process: Process) -> Ceilings:
        """Return the ceilings of the policies, lowered to the limits."""
        allowed = process.staleness.ceilings
        return allowed if self.notes is None else replace(allowed, notes=self.notes)


@dataclass(frozen=True, slots=True)
class Result:
    """How one engagement ended."""

    engagement: Engagement
    ended: Ended | None = None
    error: PsbotError | None = None


def run(
    engagements: Sequence[Engagement],
    work: Work,
    limits: Limits,
    requests: Callable[[], int],
    begin: Callable[[], None] = lambda: None,
    *,
    digests: PortfolioDigests | None = None,
) -> list[Result]:
    """Look at *engagements*, then flag and tell; *begin* is called before anything is written.

    With *digests* the managers are told first; what is posted there counts among the notes of the run. *requests*
    tells how many requests were made. Engagements that a limit left unlooked at, or unanswered, are not in the result.
    """
    tools, began_at = work.tools, work.tools.clock()

    def stop() -> bool:
        spent = tools.clock() - began_at
        return (
            tools.stop()
            or (limits.requests is not None and requests() >= limits.requests)
            or (limits.seconds is not None and spent >= limits.seconds)
        )

    work = replace(work, tools=replace(tools, stop=stop))
    results: dict[str, Result] = {}
    judged: list[Looked] = []
    for engagement, each in look(work.tools.reader, engagements, work.process, work.now):
        if isinstance(each, PsbotError):
            results[engagement.key] = Result(engagement, error=each)
        else:
            judged.append(each)
        if stop():
            break
    loud = [each for each in judged if _is_loud(each)]
    results |= {each.engagement.key: _settled(each) for each in judged if not _is_loud(each)}
    ceilings = limits.ceilings(work.process)
    if (loud or digests) and not stop():
        begin()
        if digests:
            posted = digests.tell([each.response for each in judged], work, ceilings.notes)
            ceilings = replace(ceilings, notes=ceilings.notes - posted)
        ended = answer(loud, work, ceilings)
        results |= {each.looked.engagement.key: Result(each.looked.engagement, each) for each in ended}
    return [results[each.key] for each in engagements if each.key in results]


def _is_loud(looked: Looked) -> bool:
    return bool(looked.response.stale or looked.response.flagged)


def _settled(looked: Looked) -> Result:
    """Return the result of an engagement about which nothing is written."""
    return Result(looked.engagement, Ended(looked, Reconciled(looked.response.plan())))

"""One run over a portfolio or a share of it: look, then answer, within limits; nothing is remembered outside GitLab."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.core.model.staleness_policy import RunLimits
from psbot.errors import PsbotError
from psbot.runs.stale.portfolio_digests import PortfolioDigests
from psbot.runs.stale.scan import Scanned, scan
from psbot.runs.stale.write import StaleOutcome, respond
from psbot.runs.work import Reconciled, RunContext


@dataclass(frozen=True, slots=True)
class Shard:
    """The *index*th of *total* shares, by engagement key, so that each job of a pipeline always has the same."""

    index: int = 1
    total: int = 1

    @classmethod
    def of(cls, index: int | None, total: int | None) -> "Shard":
        """Return the share; raises PsbotError where one number is missing or they do not fit."""
        if index is None and total in (None, 1):
            return cls()
        if index is None or total is None or index > total:
            raise PsbotError(
                f"share {index or '?'} of {total or '?'} is none", "give --node-index from 1 to --node-total"
            )
        return cls(index, total)

    def contains(self, key: str) -> bool:
        """Tell whether the engagement *key* is in the share."""
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])
        return number % self.total == self.index - 1


@dataclass(frozen=True, slots=True)
class StaleRunLimits:
    """What one run may do: digests, requests, seconds; None is what the policies allow, or no limit."""

    notes: int | None = None
    requests: int | None = None
    seconds: float | None = None
    shard: Shard = field(default_factory=Shard)

    def run_limits(self, process: Process) -> RunLimits:
        """Return the ceilings of the policies, lowered to the limits."""
        allowed = process.staleness.limits
        return allowed if self.notes is None else replace(allowed, notes=self.notes)


@dataclass(frozen=True, slots=True)
class EngagementResult:
    """How one engagement ended."""

    engagement: Engagement
    outcome: StaleOutcome | None = None
    error: PsbotError | None = None


def run_stale(
    engagements: Sequence[Engagement],
    context: RunContext,
    limits: StaleRunLimits,
    request_count: Callable[[], int],
    on_write_start: Callable[[], None] = lambda: None,
    *,
    digests: PortfolioDigests | None = None,
) -> list[EngagementResult]:
    """Look at *engagements*, then flag and tell; *begin* is called before anything is written.

    With *digests* the managers are told first; what is posted there counts among the notes of the run. *requests*
    tells how many requests were made. Engagements that a limit left unlooked at, or unanswered, are not in the result.
    """
    tools, began_at = context.tools, context.tools.clock()

    def stop() -> bool:
        spent = tools.clock() - began_at
        return (
            tools.should_stop()
            or (limits.requests is not None and request_count() >= limits.requests)
            or (limits.seconds is not None and spent >= limits.seconds)
        )

    context = replace(context, tools=replace(tools, should_stop=stop))
    results: dict[str, EngagementResult] = {}
    judged: list[Scanned] = []
    for engagement, each in scan(context.tools.reader, engagements, context.process, context.now):
        if isinstance(each, PsbotError):
            results[engagement.key] = EngagementResult(engagement, error=each)
        else:
            judged.append(each)
        if stop():
            break
    loud = [each for each in judged if _needs_writing(each)]
    results |= {
        each.engagement.key: _result_without_writes(each) for each in judged if not _needs_writing(each)
    }
    ceilings = limits.run_limits(context.process)
    if (loud or digests) and not stop():
        on_write_start()
        if digests:
            posted = digests.publish([each.response for each in judged], context, ceilings.notes)
            ceilings = replace(ceilings, notes=ceilings.notes - posted)
        ended = respond(loud, context, ceilings)
        results |= {
            each.scanned.engagement.key: EngagementResult(each.scanned.engagement, each) for each in ended
        }
    return [results[each.key] for each in engagements if each.key in results]


def _needs_writing(looked: Scanned) -> bool:
    return bool(looked.response.stale or looked.response.flagged_items)


def _result_without_writes(looked: Scanned) -> EngagementResult:
    """Return the result of an engagement about which nothing is written."""
    return EngagementResult(looked.engagement, StaleOutcome(looked, Reconciled(looked.response.plan())))

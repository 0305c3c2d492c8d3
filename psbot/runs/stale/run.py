"""One run of ``psbot stale`` over a portfolio or a shard of it: scan, then write within limits."""

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
    """The part of a portfolio that one of several parallel jobs runs; an engagement is always in the same shard."""

    index: int = 1
    total: int = 1

    @classmethod
    def of(cls, index: int | None, total: int | None) -> "Shard":
        """Return the shard; raises PsbotError where a number is missing or *index* is greater than *total*."""
        if index is None and total in (None, 1):
            return cls()
        if index is None or total is None or index > total:
            raise PsbotError(
                f"shard {index or '?'} of {total or '?'} does not exist",
                "set --node-index to a number from 1 to --node-total",
            )
        return cls(index, total)

    def contains(self, key: str) -> bool:
        """Tell whether the engagement *key* is in the shard."""
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])
        return number % self.total == self.index - 1


@dataclass(frozen=True, slots=True)
class StaleRunLimits:
    """What one run may use: notes, requests, seconds; None for the limit of the policies, or no limit."""

    notes: int | None = None
    requests: int | None = None
    seconds: float | None = None
    shard: Shard = field(default_factory=Shard)

    def run_limits(self, process: Process) -> RunLimits:
        """Return the limits of the policies, with these instead where they are given."""
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
    """Scan *engagements*, then write flags and digests; *on_write_start* is called before the first write.

    With *digests*, portfolio digests are published first; what is posted there counts towards the notes of the run.
    *request_count* returns the number of requests so far. Engagements that a limit left out are not in the result.
    """
    context = _stop_at(limits, context, request_count)
    results: dict[str, EngagementResult] = {}
    scanned: list[Scanned] = []
    for engagement, found in scan(context.tools.reader, engagements, context.process, context.now):
        if isinstance(found, PsbotError):
            results[engagement.key] = EngagementResult(engagement, error=found)
        else:
            scanned.append(found)
        if context.tools.should_stop():
            break
    to_write = [each for each in scanned if _needs_writing(each)]
    results |= {
        each.engagement.key: _result_without_writes(each) for each in scanned if not _needs_writing(each)
    }
    run_limits = limits.run_limits(context.process)
    if (to_write or digests) and not context.tools.should_stop():
        on_write_start()
        if digests:
            posted = digests.publish([each.response for each in scanned], context, run_limits.notes)
            run_limits = replace(run_limits, notes=run_limits.notes - posted)
        for outcome in respond(to_write, context, run_limits):
            engagement = outcome.scanned.engagement
            results[engagement.key] = EngagementResult(engagement, outcome)
    return [results[each.key] for each in engagements if each.key in results]


def _stop_at(limits: StaleRunLimits, context: RunContext, request_count: Callable[[], int]) -> RunContext:
    """Return the context of a run that also stops at *limits*."""
    tools, began_at = context.tools, context.tools.clock()

    def should_stop() -> bool:
        spent = tools.clock() - began_at
        return (
            tools.should_stop()
            or (limits.requests is not None and request_count() >= limits.requests)
            or (limits.seconds is not None and spent >= limits.seconds)
        )

    return replace(context, tools=replace(tools, should_stop=should_stop))


def _needs_writing(scanned: Scanned) -> bool:
    return bool(scanned.response.stale or scanned.response.flagged_items)


def _result_without_writes(scanned: Scanned) -> EngagementResult:
    """Return the result of an engagement for which nothing is written."""
    reconciled = Reconciled(scanned.response.plan())
    return EngagementResult(scanned.engagement, StaleOutcome(scanned, reconciled))

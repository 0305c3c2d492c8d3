"""``psbot status``: the status of many engagements; a group is read once, histories of several together."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.process import Process
from psbot.core.status import EngagementStatus, build_status
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.ports import Reader
from psbot.observe.histories import with_histories
from psbot.observe.observe import observe_many
from psbot.runs.plans import NO_TEXT, PlanInput, plan_advance


def status_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, now: datetime
) -> Iterator[tuple[Engagement, EngagementStatus | GitLabError]]:
    """Yield each engagement with its status, or with the error that prevents reading it; group by group."""
    for engagement, found in with_histories(reader, observe_many(reader, engagements, process), process, now):
        if isinstance(found, GitLabError):
            yield engagement, found
            continue
        try:
            status = _status_of(PlanInput(reader, engagement, found, process, NO_TEXT, now))
        except GitLabError as error:
            yield engagement, error
        else:
            yield engagement, status


def _status_of(given: PlanInput) -> EngagementStatus:
    """Return the status; its findings are those of ``advance``, or the error that would stop that command."""
    try:
        plan, observation = plan_advance(given)
    except GitLabError:
        raise
    except PsbotError as error:
        finding = Finding("not-evaluated", Severity.ERROR, str(error))
        return build_status(Facts(given.engagement, given.process, given.snapshot, given.now), [finding])
    return build_status(replace(given, observation=observation).facts(), plan.findings)

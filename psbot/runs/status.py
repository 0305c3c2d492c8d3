"""Where many engagements stand: what those of one group share is read once, histories of several together."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.process import Process
from psbot.core.status import EngagementStatus, build_status
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.ports import Reader
from psbot.observe.histories import with_histories
from psbot.observe.observation import Observation
from psbot.observe.observe import observe_many
from psbot.runs.plans import NO_TEXT, plan_advance


def status_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, now: datetime
) -> Iterator[tuple[Engagement, EngagementStatus | GitLabError]]:
    """Yield each engagement with where it stands, or with what keeps it from being read; group by group."""
    for engagement, found in with_histories(reader, observe_many(reader, engagements, process), process, now):
        if isinstance(found, GitLabError):
            yield engagement, found
            continue
        try:
            stands: EngagementStatus | GitLabError = _status_of(reader, engagement, found, process, now)
        except GitLabError as error:
            stands = error
        yield engagement, stands


def _status_of(
    reader: Reader, engagement: Engagement, observation: Observation, process: Process, now: datetime
) -> EngagementStatus:
    """Return where *engagement* stands; its findings are those of ``advance``, or what would stop that."""
    try:
        drawn, told = plan_advance(reader, engagement, observation, process, NO_TEXT, now)
    except GitLabError:
        raise
    except PsbotError as error:
        stopped = Finding("not-evaluated", Severity.ERROR, str(error))
        return build_status(Facts(engagement, process, observation.snapshot, now), [stopped])
    return build_status(Facts(engagement, process, told.snapshot, now, told.histories), drawn.findings)

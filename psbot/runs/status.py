"""Where many engagements stand: what those of one group share is read once, histories of several together."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.process import Process
from psbot.core.status import Standing, standing
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.ports import ForgeReader
from psbot.observe.histories import ahead
from psbot.observe.observation import Observation
from psbot.observe.observe import observe_many
from psbot.runs.plans import WORDLESS, draw_advance


def stand_many(
    reader: ForgeReader, engagements: Iterable[Engagement], process: Process, now: datetime
) -> Iterator[tuple[Engagement, Standing | GitLabError]]:
    """Yield each engagement with where it stands, or with what keeps it from being read; group by group."""
    for engagement, found in ahead(reader, observe_many(reader, engagements, process), process, now):
        if isinstance(found, GitLabError):
            yield engagement, found
            continue
        try:
            stands: Standing | GitLabError = _standing(reader, engagement, found, process, now)
        except GitLabError as error:
            stands = error
        yield engagement, stands


def _standing(
    reader: ForgeReader, engagement: Engagement, observation: Observation, process: Process, now: datetime
) -> Standing:
    """Return where *engagement* stands; its findings are those of ``advance``, or what would stop that."""
    try:
        drawn, told = draw_advance(reader, engagement, observation, process, WORDLESS, now)
    except GitLabError:
        raise
    except PsbotError as error:
        stopped = Finding("stopped", Severity.ERROR, str(error))
        return standing(Facts(engagement, process, observation.snapshot, now), [stopped])
    return standing(Facts(engagement, process, told.snapshot, now, told.histories), drawn.findings)

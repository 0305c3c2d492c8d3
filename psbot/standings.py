"""Where many engagements stand: what those of one group share is read once, histories of several together."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from psbot.core.engagement import Engagement
from psbot.core.findings import Finding, Severity
from psbot.core.history import Facts
from psbot.core.process import Process
from psbot.core.standing import Standing, standing
from psbot.drawing import draw_advance
from psbot.errors import GitLabError, PsbotError
from psbot.forge.ports import ForgeReader
from psbot.histories import ahead
from psbot.observe import Observation, observe_many


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


class _Wordless:
    """Templates without words: findings hang on none, and rendering takes most of the time that drawing takes."""

    def render(self, _name: str, _facts: Mapping[str, object]) -> str:
        return ""

    def sections(self, _name: str) -> frozenset[str]:
        return frozenset()


WORDLESS = _Wordless()


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

"""Many engagements in one run: what those of one group share is read once, and a failure stops its engagement only."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from psbot.core.desired import Words
from psbot.core.engagement import Engagement
from psbot.core.plan import Plan
from psbot.core.process import Process
from psbot.drawing import Draw, draw_up
from psbot.errors import Exit, PsbotError
from psbot.forge.ports import ForgeReader
from psbot.observe import observe_many
from psbot.reconcile import Reconciled, Work, reconcile

LIMITS = 2  # engagements in a row that came to a limit before the rest is left


def draw_up_many(  # noqa: PLR0917  see Draw
    reader: ForgeReader,
    engagements: Iterable[Engagement],
    process: Process,
    words: Words,
    now: datetime,
    draw: Draw = draw_up,
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with its plan, or with what keeps it from having one; group by group."""
    for engagement, observed in observe_many(reader, engagements, process):
        if isinstance(observed, PsbotError):
            yield engagement, observed
            continue
        try:
            drawn, _ = draw(reader, engagement, observed, process, words, now)
        except PsbotError as error:
            yield engagement, error
        else:
            yield engagement, drawn


def reconcile_many(
    engagements: Iterable[Engagement], work: Work, approve: Callable[[Plan], None], *, is_bound: bool = False
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    """Yield each engagement with how it ended, or with what was found before anything was written.

    Ends early when somebody says stop, and where two in a row came to a limit, since the next ones would wait for
    the same: engagements that were not begun are not among those yielded.
    """
    limits = 0
    for engagement, observed in observe_many(work.tools.reader, engagements, work.process):
        if isinstance(observed, PsbotError):
            yield engagement, observed
            continue
        if work.tools.stop() or limits >= LIMITS:
            return
        try:
            ended: Reconciled | PsbotError = reconcile(engagement, work, approve, observed, is_bound=is_bound)
        except PsbotError as error:
            ended = error
        limits = limits + 1 if ended.exit_code is Exit.LIMIT else 0
        yield engagement, ended

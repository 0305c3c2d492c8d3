"""Many engagements in one run: what those of one group share is read once, and a failure stops its engagement only."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from psbot.apply.preflight import check_author, check_machine
from psbot.core.desired.build import Words
from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import CreateChild
from psbot.core.model.process import Process
from psbot.core.plan.plan import Plan
from psbot.errors import Exit, PsbotError
from psbot.gitlab.ports import ForgeReader
from psbot.observe.histories import ahead
from psbot.observe.observation import Look, Observation, Observed, Reach
from psbot.observe.observe import observe_many
from psbot.runs.plans import Draw, Drawn, draw_advance, draw_up
from psbot.runs.reconcile import reconcile
from psbot.runs.work import Reconciled, Work

LIMITS = 2  # engagements in a row that came to a limit before the rest is left

_Drawing = Callable[[Engagement, Observation], Drawn]


def draw_up_many(
    reader: ForgeReader, engagements: Iterable[Engagement], process: Process, words: Words, now: datetime
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with its plan, or with what keeps it from having one; group by group."""
    yield from draw_many_by(reader, engagements, process, words, now, draw=draw_up)


def draw_advance_many(
    reader: ForgeReader, engagements: Iterable[Engagement], process: Process, words: Words, now: datetime
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with the plan that moves it on, in the manner of :func:`draw_up_many`."""

    def draw(engagement: Engagement, observation: Observation) -> Drawn:
        return draw_advance(reader, engagement, observation, process, words, now)

    looked = ahead(reader, observe_many(reader, engagements, process), process, now)
    yield from _plans(_drawn(looked, draw))


def draw_many_by(
    reader: ForgeReader,
    engagements: Iterable[Engagement],
    process: Process,
    words: Words,
    now: datetime,
    *,
    draw: Draw,
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with the plan that *draw* makes, in the manner of :func:`draw_up_many`."""

    def drawing(engagement: Engagement, observation: Observation) -> Drawn:
        return draw(reader, engagement, observation, process, words, now)

    yield from _plans(_drawn(observe_many(reader, engagements, process), drawing))


def write_many_by(
    engagements: Iterable[Engagement], work: Work, approve: Callable[[Plan], None], *, draw: Draw
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    """Yield each engagement with what became of the plan of *draw*, in the manner of :func:`reconcile_many`."""
    yield from reconcile_many(engagements, replace(work, draw=draw), approve)


def reconcile_many(
    engagements: Iterable[Engagement], work: Work, approve: Callable[[Plan], None], *, is_bound: bool = False
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    """Yield each engagement with how it ended, or with what was found before anything was written.

    Ends early when somebody says stop, and where two in a row came to a limit, since the next ones would wait for
    the same: engagements that were not begun are not among those yielded.
    """
    looked = observe_many(work.tools.reader, engagements, work.process)
    yield from _reconciled(_drawn(looked, partial(_draw, work)), work, approve, is_bound=is_bound)


def advance_many(
    engagements: Iterable[Engagement],
    work: Work,
    approve: Callable[[Plan], None],
    *,
    since: datetime | None = None,
    as_me: bool = False,
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    """Yield each engagement with how it was moved on, in the manner of :func:`reconcile_many`.

    Epics and their children are read first, histories of many engagements together. Engagements in which something
    is to be made come last, after a thorough look: an item that hangs no more under its epic must not be made again.
    So do those that show no epic: it may be there without its marker, known by its children alone.
    With *since*, nothing more is read of those in which nothing can have changed from then on. A person's account
    writes only *as_me*.
    """
    work = replace(work, draw=draw_advance, check_author=check_author if as_me else check_machine)
    reader, process, now = work.tools.reader, work.process, work.now
    later: list[Engagement] = []
    look = Look(is_thorough=False, since=since, now=now)
    looked = ahead(reader, observe_many(reader, engagements, process, look), process, now)
    drawn = _drawn(looked, partial(_draw, work))
    yield from _reconciled(_certain(drawn, later), work, approve)
    if later:
        looked = ahead(reader, observe_many(reader, later, process), process, now)
        yield from _reconciled(_drawn(looked, partial(_draw, work)), work, approve)


def _draw(work: Work, engagement: Engagement, observation: Observation) -> Drawn:
    return work.draw(work.tools.reader, engagement, observation, work.process, work.words, work.now)


def _drawn(
    looked: Iterable[tuple[Engagement, Observed]], draw: _Drawing
) -> Iterator[tuple[Engagement, Drawn | PsbotError]]:
    for engagement, found in looked:
        if isinstance(found, PsbotError):
            yield engagement, found
            continue
        try:
            drawn = draw(engagement, found)
        except PsbotError as error:
            yield engagement, error
        else:
            yield engagement, drawn


def _plans(
    drawn: Iterable[tuple[Engagement, Drawn | PsbotError]],
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    for engagement, found in drawn:
        yield engagement, found if isinstance(found, PsbotError) else found[0]


def _certain(
    drawn: Iterable[tuple[Engagement, Drawn | PsbotError]], later: list[Engagement]
) -> Iterator[tuple[Engagement, Drawn | PsbotError]]:
    """Yield what epics and their children are enough for; the rest goes to *later*."""
    for engagement, found in drawn:
        if isinstance(found, PsbotError):
            yield engagement, found
            continue
        plan, seen = found
        is_without_epic = seen.reach is Reach.CHILDREN and seen.snapshot.epic is None
        if is_without_epic or any(isinstance(each, CreateChild) for each in plan.operations):
            later.append(engagement)
        else:
            yield engagement, found


def _reconciled(
    drawn: Iterable[tuple[Engagement, Drawn | PsbotError]],
    work: Work,
    approve: Callable[[Plan], None],
    *,
    is_bound: bool = False,
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    limits = 0
    for engagement, found in drawn:
        if isinstance(found, PsbotError):
            yield engagement, found
            continue
        if work.tools.stop() or limits >= LIMITS:
            return
        try:
            ended: Reconciled | PsbotError = reconcile(engagement, work, approve, found, is_bound=is_bound)
        except PsbotError as error:
            ended = error
        limits = limits + 1 if ended.exit_code is Exit.LIMIT else 0
        yield engagement, ended

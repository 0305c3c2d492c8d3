"""Many engagements in one run: what those of one group share is read once, and a failure stops its engagement only."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from psbot.apply.preflight import check_author, check_machine
from psbot.core.desired.build import Renderer
from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import CreateChild
from psbot.core.model.process import Process
from psbot.core.plan.plan import Plan
from psbot.errors import ExitCode, PsbotError
from psbot.gitlab.ports import Reader
from psbot.observe.histories import with_histories
from psbot.observe.observation import Depth, Observation, ObservationResult, ReadScope
from psbot.observe.observe import observe_many
from psbot.runs.plans import Planned, Planner, plan_advance, plan_apply
from psbot.runs.reconcile import reconcile
from psbot.runs.work import Reconciled, RunContext

MAX_LIMITS_IN_A_ROW = 2  # engagements in a row that came to a limit before the rest is left

_EngagementPlanner = Callable[[Engagement, Observation], Planned]


def plan_apply_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, templates: Renderer, now: datetime
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with its plan, or with what keeps it from having one; group by group."""
    yield from plan_many(reader, engagements, process, templates, now, planner=plan_apply)


def plan_advance_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, templates: Renderer, now: datetime
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with the plan that moves it on, in the manner of :func:`draw_up_many`."""

    def draw(engagement: Engagement, observation: Observation) -> Planned:
        return plan_advance(reader, engagement, observation, process, templates, now)

    looked = with_histories(reader, observe_many(reader, engagements, process), process, now)
    yield from _plans_only(_plan_each(looked, draw))


def plan_many(
    reader: Reader,
    engagements: Iterable[Engagement],
    process: Process,
    templates: Renderer,
    now: datetime,
    *,
    planner: Planner,
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with the plan that *draw* makes, in the manner of :func:`draw_up_many`."""

    def drawing(engagement: Engagement, observation: Observation) -> Planned:
        return planner(reader, engagement, observation, process, templates, now)

    yield from _plans_only(_plan_each(observe_many(reader, engagements, process), drawing))


def write_many(
    engagements: Iterable[Engagement],
    context: RunContext,
    approve: Callable[[Plan], None],
    *,
    planner: Planner,
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    """Yield each engagement with what became of the plan of *draw*, in the manner of :func:`reconcile_many`."""
    yield from reconcile_many(engagements, replace(context, planner=planner), approve)


def reconcile_many(
    engagements: Iterable[Engagement],
    context: RunContext,
    approve: Callable[[Plan], None],
    *,
    only_reviewed: bool = False,
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    """Yield each engagement with how it ended, or with what was found before anything was written.

    Ends early when somebody says stop, and where two in a row came to a limit, since the next ones would wait for
    the same: engagements that were not begun are not among those yielded.
    """
    looked = observe_many(context.tools.reader, engagements, context.process)
    yield from _reconcile_each(
        _plan_each(looked, partial(_plan_one, context)), context, approve, only_reviewed=only_reviewed
    )


def advance_many(
    engagements: Iterable[Engagement],
    context: RunContext,
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
    context = replace(context, planner=plan_advance, check_author=check_author if as_me else check_machine)
    reader, process, now = context.tools.reader, context.process, context.now
    later: list[Engagement] = []
    look = ReadScope(is_full=False, since=since, now=now)
    looked = with_histories(reader, observe_many(reader, engagements, process, look), process, now)
    drawn = _plan_each(looked, partial(_plan_one, context))
    yield from _reconcile_each(_hold_back_uncertain(drawn, later), context, approve)
    if later:
        looked = with_histories(reader, observe_many(reader, later, process), process, now)
        yield from _reconcile_each(_plan_each(looked, partial(_plan_one, context)), context, approve)


def _plan_one(context: RunContext, engagement: Engagement, observation: Observation) -> Planned:
    return context.planner(
        context.tools.reader, engagement, observation, context.process, context.templates, context.now
    )


def _plan_each(
    observed: Iterable[tuple[Engagement, ObservationResult]], plan_one: _EngagementPlanner
) -> Iterator[tuple[Engagement, Planned | PsbotError]]:
    for engagement, found in observed:
        if isinstance(found, PsbotError):
            yield engagement, found
            continue
        try:
            drawn = plan_one(engagement, found)
        except PsbotError as error:
            yield engagement, error
        else:
            yield engagement, drawn


def _plans_only(
    planned: Iterable[tuple[Engagement, Planned | PsbotError]],
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    for engagement, found in planned:
        yield engagement, found if isinstance(found, PsbotError) else found[0]


def _hold_back_uncertain(
    planned: Iterable[tuple[Engagement, Planned | PsbotError]], later: list[Engagement]
) -> Iterator[tuple[Engagement, Planned | PsbotError]]:
    """Yield what epics and their children are enough for; the rest goes to *later*."""
    for engagement, found in planned:
        if isinstance(found, PsbotError):
            yield engagement, found
            continue
        plan, seen = found
        is_without_epic = seen.depth is Depth.CHILDREN and seen.snapshot.epic is None
        if is_without_epic or any(isinstance(each, CreateChild) for each in plan.operations):
            later.append(engagement)
        else:
            yield engagement, found


def _reconcile_each(
    planned: Iterable[tuple[Engagement, Planned | PsbotError]],
    context: RunContext,
    approve: Callable[[Plan], None],
    *,
    only_reviewed: bool = False,
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    limits = 0
    for engagement, found in planned:
        if isinstance(found, PsbotError):
            yield engagement, found
            continue
        if context.tools.should_stop() or limits >= MAX_LIMITS_IN_A_ROW:
            return
        try:
            ended: Reconciled | PsbotError = reconcile(
                engagement, context, approve, found, only_reviewed=only_reviewed
            )
        except PsbotError as error:
            ended = error
        limits = limits + 1 if ended.exit_code is ExitCode.LIMIT else 0
        yield engagement, ended

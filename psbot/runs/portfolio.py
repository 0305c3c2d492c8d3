"""Plan and write many engagements in one run: a group is read once, and an error stops its engagement only."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from psbot.apply.preflight import MemberCheck, check_author, check_machine
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
from psbot.runs.plans import PlanInput, Planned, Planner, plan_advance, plan_apply
from psbot.runs.reconcile import reconcile
from psbot.runs.work import Reconciled, RunContext

MAX_LIMITS_IN_A_ROW = 2  # after so many engagements that came to a limit, the run ends

_EngagementPlanner = Callable[[Engagement, Observation], Planned]


def plan_apply_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, templates: Renderer, now: datetime
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with its plan, or with the error that prevents one; group by group."""
    yield from plan_many(reader, engagements, process, templates, now, planner=plan_apply)


def plan_advance_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, templates: Renderer, now: datetime
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with its plan of ``psbot advance``, like :func:`plan_apply_many`."""
    member_check = MemberCheck()

    def plan_one(engagement: Engagement, observation: Observation) -> Planned:
        return plan_advance(PlanInput(reader, engagement, observation, process, templates, now, member_check))

    observed = with_histories(reader, observe_many(reader, engagements, process), process, now)
    yield from _plans_only(_plan_each(observed, plan_one))


def plan_many(
    reader: Reader,
    engagements: Iterable[Engagement],
    process: Process,
    templates: Renderer,
    now: datetime,
    *,
    planner: Planner,
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    """Yield each engagement with the plan that *planner* makes, like :func:`plan_apply_many`."""
    member_check = MemberCheck()

    def plan_one(engagement: Engagement, observation: Observation) -> Planned:
        return planner(PlanInput(reader, engagement, observation, process, templates, now, member_check))

    yield from _plans_only(_plan_each(observe_many(reader, engagements, process), plan_one))


def write_many(
    engagements: Iterable[Engagement],
    context: RunContext,
    approve: Callable[[Plan], None],
    *,
    planner: Planner,
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    """Yield each engagement with what became of the plan of *planner*, like :func:`reconcile_many`."""
    yield from reconcile_many(engagements, replace(context, planner=planner), approve)


def reconcile_many(
    engagements: Iterable[Engagement],
    context: RunContext,
    approve: Callable[[Plan], None],
    *,
    only_reviewed: bool = False,
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    """Yield each engagement with how it ended, or with the error that was found before anything was written.

    Ends early when the run is stopped, and where two engagements in a row came to a limit, as the next ones would
    wait for the same. Engagements that were not started are not yielded.
    """
    observed = observe_many(context.tools.reader, engagements, context.process)
    planned = _plan_each(observed, context.plan)
    yield from _reconcile_each(planned, context, approve, only_reviewed=only_reviewed)


def advance_many(
    engagements: Iterable[Engagement],
    context: RunContext,
    approve: Callable[[Plan], None],
    *,
    since: datetime | None = None,
    as_me: bool = False,
) -> Iterator[tuple[Engagement, Reconciled | PsbotError]]:
    """Advance each engagement and yield it with how it ended, like :func:`reconcile_many`.

    Epics and their children are read first, histories of many engagements together. Engagements in which an item is
    to be created come last, after a full read: an item that is no longer below its epic must not be created again.
    So do those that show no epic: it may exist without its marker, recognised by its children alone.
    With *since*, only the epic is read of engagements in which nothing can have changed from then on. With a
    person's account psbot writes only *as_me*.
    """
    context = replace(context, planner=plan_advance, check_author=check_author if as_me else check_machine)
    reader, process, now = context.tools.reader, context.process, context.now
    later: list[Engagement] = []
    scope = ReadScope(is_full=False, since=since, now=now)
    observed = with_histories(reader, observe_many(reader, engagements, process, scope), process, now)
    planned = _plan_each(observed, context.plan)
    yield from _reconcile_each(_hold_back_uncertain(planned, later), context, approve)
    if later:
        observed = with_histories(reader, observe_many(reader, later, process), process, now)
        yield from _reconcile_each(_plan_each(observed, context.plan), context, approve)


def _plan_each(
    observed: Iterable[tuple[Engagement, ObservationResult]], plan_one: _EngagementPlanner
) -> Iterator[tuple[Engagement, Planned | PsbotError]]:
    for engagement, found in observed:
        if isinstance(found, PsbotError):
            yield engagement, found
            continue
        try:
            planned = plan_one(engagement, found)
        except PsbotError as error:
            yield engagement, error
        else:
            yield engagement, planned


def _plans_only(
    planned: Iterable[tuple[Engagement, Planned | PsbotError]],
) -> Iterator[tuple[Engagement, Plan | PsbotError]]:
    for engagement, found in planned:
        yield engagement, found if isinstance(found, PsbotError) else found[0]


def _hold_back_uncertain(
    planned: Iterable[tuple[Engagement, Planned | PsbotError]], later: list[Engagement]
) -> Iterator[tuple[Engagement, Planned | PsbotError]]:
    """Yield the plans that epics and their children are enough for; the other engagements go to *later*."""
    for engagement, found in planned:
        if isinstance(found, PsbotError):
            yield engagement, found
            continue
        plan, observation = found
        is_without_epic = observation.depth is Depth.CHILDREN and observation.snapshot.epic is None
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

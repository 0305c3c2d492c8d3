"""The pipeline schedules of an engagements repository: which are missing, and whether their owners can run them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psbot.core.text.quantity import quantity
from psbot.doctor.check import Check, CheckResult
from psbot.gitlab.ci_settings import Schedule, ScheduleOwner

RUN_VARIABLE = "PSBOT_RUN"  # the variable that selects the job that a schedule runs
# By value of RUN_VARIABLE: the consequence without such a schedule, and how often it should run.
KNOWN_RUNS: Mapping[str, tuple[str, str]] = {
    "advance": ("phases and states do not advance", "7 * * * *"),
    "advance-all": ("changes that the hourly run has missed are not processed", "17 4 * * *"),
    "stale": ("nobody is notified of stale items", "37 5 * * 1-5"),
}
SCHEDULES_PAGE = "Build, Pipeline schedules"
_DEVELOPER, _MAINTAINER = 30, 40  # GitLab's numbers of roles


@dataclass(frozen=True, slots=True)
class RequiredSchedules:
    """The project, the runs that need a schedule, and whether Developers may merge into its default branch."""

    project: str
    runs: tuple[str, ...]
    branch: str | None
    developers_can_merge: bool


@dataclass(frozen=True, slots=True)
class _Problem:
    message: str
    fix: str
    is_certain: bool = True


def examine_schedules(
    schedules: Sequence[Schedule], roles: Mapping[int, int], required: RequiredSchedules
) -> Iterator[Check]:
    """Yield the checks of the *schedules* that are required or known; *roles* are those of their owners, by id."""
    hidden = sum(each.variable_value is None for each in schedules)
    there = [each.variable_value for each in schedules if each.variable_value in KNOWN_RUNS]
    for run in dict.fromkeys((*required.runs, *(each for each in KNOWN_RUNS if each in there))):
        found = [each for each in schedules if each.variable_value == run]
        if found:
            yield from _check_run(run, found, roles, required)
        else:
            yield _missing_schedule(run, hidden, required)


def _missing_schedule(run: str, hidden: int, required: RequiredSchedules) -> Check:
    consequence, cron = KNOWN_RUNS[run]
    if hidden:
        what = f"no schedule with {RUN_VARIABLE}={run} found; {quantity(hidden, 'schedule')} with hidden variables"
        fix = "run psbot doctor as the owner of the schedule or as a Maintainer, who can see its variables"
        return Check(required.project, CheckResult.UNKNOWN, what, fix)
    what = f"there is no schedule with {RUN_VARIABLE}={run}: {consequence}"
    branch = required.branch or "the default branch"
    fix = f"{SCHEDULES_PAGE}: add one, {cron}, on {branch}, with the variable {RUN_VARIABLE} = {run}"
    return Check(required.project, CheckResult.MISSING, what, fix)


def _check_run(
    run: str, schedules: Sequence[Schedule], roles: Mapping[int, int], required: RequiredSchedules
) -> Iterator[Check]:
    """Yield the problems of each schedule; they are severe where none of the schedules works."""
    problems = {each.id: list(_schedule_problems(each, roles, required)) for each in schedules}
    runs = [each for each in schedules if not any(problem.is_certain for problem in problems[each.id])]
    for schedule in schedules:
        for problem in problems[schedule.id]:
            result = CheckResult.MISSING if problem.is_certain and not runs else CheckResult.WARNING
            yield Check(
                required.project,
                result,
                f"schedule {schedule.id}, {RUN_VARIABLE}={run}, {problem.message}",
                problem.fix,
            )
    for schedule in runs:
        if not problems[schedule.id] and schedule.owner:
            what = f"schedule {schedule.id}, {RUN_VARIABLE}={run}, is active and belongs to {schedule.owner.username}"
            yield Check(required.project, CheckResult.OK, what)


def _schedule_problems(
    schedule: Schedule, roles: Mapping[int, int], required: RequiredSchedules
) -> Iterator[_Problem]:
    if not schedule.is_active:
        yield _Problem("is not active", f"{SCHEDULES_PAGE}: activate it")
    if required.branch is not None and schedule.branch != required.branch:
        message = f"runs on {schedule.branch}, but its job runs only on {required.branch}"
        yield _Problem(message, f"{SCHEDULES_PAGE}: change its branch")
    yield from _owner_problems(schedule.owner, roles, required)


def _owner_problems(
    owner: ScheduleOwner | None, roles: Mapping[int, int], required: RequiredSchedules
) -> Iterator[_Problem]:
    """Yield why the schedule would not start as its owner (GitLab, doc/ci/pipelines/schedules.md, prerequisites)."""
    fix = f"{SCHEDULES_PAGE}: let a permanent account with the Maintainer role take ownership"
    if owner is None:
        yield _Problem("has no owner", fix)
        return
    role = roles.get(owner.id)
    if not owner.is_active:
        yield _Problem(f"does not start: its owner {owner.username} is blocked", fix)
    elif role is None:
        yield _Problem(f"does not start: its owner {owner.username} is not a member", fix)
    elif role < _DEVELOPER:
        yield _Problem(f"does not start: its owner {owner.username} needs at least the Developer role", fix)
    elif role < _MAINTAINER and not required.developers_can_merge:
        message = f"starts only if its owner {owner.username}, a Developer, is allowed to merge into {required.branch}"
        yield _Problem(message, fix, is_certain=False)

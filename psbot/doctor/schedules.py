"""What the pipeline schedules of an engagements repository lack, and whether their owners can start anything."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psbot.doctor.check import Check, CheckResult
from psbot.gitlab.ci_settings import Schedule, ScheduleOwner

RUN_VARIABLE = "PSBOT_RUN"  # the variable that tells the component's jobs what a schedule is for
# What does not happen without a schedule with this value of RUN, and how often one is meant to run.
KNOWN_RUNS: Mapping[str, tuple[str, str]] = {
    "advance": ("phases and states do not move on", "7 * * * *"),
    "advance-all": ("what the hourly run has missed stays as it is", "17 4 * * *"),
    "stale": ("nobody hears of what lies still", "37 5 * * 1-5"),
}
SCHEDULES_PAGE = "Build, Pipeline schedules"
_DEVELOPER, _MAINTAINER = 30, 40  # GitLab's numbers of roles


@dataclass(frozen=True, slots=True)
class RequiredSchedules:
    """The project, what its schedules must run, its default branch, and whether Developers may merge into that."""

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
    follows, cron = KNOWN_RUNS[run]
    if hidden:
        what = f"no schedule with {RUN_VARIABLE}={run} is seen; GitLab hides what {hidden} of them run"
        mend = (
            "only the owner of a schedule and Maintainers see its variables: let one of them run psbot doctor"
        )
        return Check(required.project, CheckResult.UNKNOWN, what, mend)
    what = f"there is no schedule with {RUN_VARIABLE}={run}: {follows}"
    branch = required.branch or "the default branch"
    mend = f"{SCHEDULES_PAGE}: add one, {cron}, on {branch}, with the variable {RUN_VARIABLE} = {run}"
    return Check(required.project, CheckResult.MISSING, what, mend)


def _check_run(
    run: str, schedules: Sequence[Schedule], roles: Mapping[int, int], required: RequiredSchedules
) -> Iterator[Check]:
    """Yield what is wrong with each; it is grave where none of several is right."""
    faults = {each.id: list(_schedule_problems(each, roles, required)) for each in schedules}
    runs = [each for each in schedules if not any(fault.is_certain for fault in faults[each.id])]
    for schedule in schedules:
        for fault in faults[schedule.id]:
            verdict = CheckResult.MISSING if fault.is_certain and not runs else CheckResult.WARNING
            yield Check(
                required.project,
                verdict,
                f"schedule {schedule.id}, {RUN_VARIABLE}={run}, {fault.message}",
                fault.fix,
            )
    for schedule in runs:
        if not faults[schedule.id] and schedule.owner:
            what = f"schedule {schedule.id}, {RUN_VARIABLE}={run}, is active and belongs to {schedule.owner.username}"
            yield Check(required.project, CheckResult.OK, what)


def _schedule_problems(
    schedule: Schedule, roles: Mapping[int, int], required: RequiredSchedules
) -> Iterator[_Problem]:
    if not schedule.is_active:
        yield _Problem("is not active", f"{SCHEDULES_PAGE}: activate it")
    if required.branch is not None and schedule.branch != required.branch:
        found = f"runs on {schedule.branch}, and its job on {required.branch} alone"
        yield _Problem(found, f"{SCHEDULES_PAGE}: edit it")
    yield from _owner_problems(schedule.owner, roles, required)


def _owner_problems(
    owner: ScheduleOwner | None, roles: Mapping[int, int], required: RequiredSchedules
) -> Iterator[_Problem]:
    """Yield why the schedule would not start as its owner (GitLab, doc/ci/pipelines/schedules.md, prerequisites)."""
    mend = f"{SCHEDULES_PAGE}: let an account that stays, with the role Maintainer, take it over"
    if owner is None:
        yield _Problem("has no owner", mend)
        return
    role = roles.get(owner.id)
    if not owner.is_active:
        yield _Problem(f"does not start: its owner {owner.username} is blocked", mend)
    elif role is None:
        yield _Problem(f"does not start: its owner {owner.username} is no member", mend)
    elif role < _DEVELOPER:
        yield _Problem(f"does not start: the role of its owner {owner.username} is below Developer", mend)
    elif role < _MAINTAINER and not required.developers_can_merge:
        found = f"starts only if its owner {owner.username} may merge into {required.branch}, as Developers may not"
        yield _Problem(found, mend, is_certain=False)

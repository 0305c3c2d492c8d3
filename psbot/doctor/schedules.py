"""What the pipeline schedules of an engagements repository lack, and whether their owners can start anything."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psbot.doctor.check import Check, Verdict
from psbot.gitlab.ci_settings import Owner, Schedule

RUN = "PSBOT_RUN"  # the variable that tells the component's jobs what a schedule is for
# What does not happen without a schedule with this value of RUN, and how often one is meant to run.
RUNS: Mapping[str, tuple[str, str]] = {
    "advance": ("phases and states do not move on", "7 * * * *"),
    "advance-all": ("what the hourly run has missed stays as it is", "17 4 * * *"),
    "stale": ("nobody hears of what lies still", "37 5 * * 1-5"),
}
SCHEDULES = "Build, Pipeline schedules"
_DEVELOPER, _MAINTAINER = 30, 40  # GitLab's numbers of roles


@dataclass(frozen=True, slots=True)
class Required:
    """The project, what its schedules must run, its default branch, and whether Developers may merge into that."""

    project: str
    runs: tuple[str, ...]
    branch: str | None
    developers_merge: bool


@dataclass(frozen=True, slots=True)
class _Fault:
    found: str
    mend: str
    is_sure: bool = True


def examine_schedules(
    schedules: Sequence[Schedule], roles: Mapping[int, int], required: Required
) -> Iterator[Check]:
    """Yield the checks of the *schedules* that are required or known; *roles* are those of their owners, by id."""
    hidden = sum(each.run is None for each in schedules)
    there = [each.run for each in schedules if each.run in RUNS]
    for run in dict.fromkeys((*required.runs, *(each for each in RUNS if each in there))):
        found = [each for each in schedules if each.run == run]
        if found:
            yield from _found(run, found, roles, required)
        else:
            yield _absent(run, hidden, required)


def _absent(run: str, hidden: int, required: Required) -> Check:
    follows, cron = RUNS[run]
    if hidden:
        what = f"no schedule with {RUN}={run} is seen; GitLab hides what {hidden} of them run"
        mend = (
            "only the owner of a schedule and Maintainers see its variables: let one of them run psbot doctor"
        )
        return Check(required.project, Verdict.UNKNOWN, what, mend)
    what = f"there is no schedule with {RUN}={run}: {follows}"
    branch = required.branch or "the default branch"
    mend = f"{SCHEDULES}: add one, {cron}, on {branch}, with the variable {RUN} = {run}"
    return Check(required.project, Verdict.MISSING, what, mend)


def _found(
    run: str, schedules: Sequence[Schedule], roles: Mapping[int, int], required: Required
) -> Iterator[Check]:
    """Yield what is wrong with each; it is grave where none of several is right."""
    faults = {each.id: list(_faults(each, roles, required)) for each in schedules}
    runs = [each for each in schedules if not any(fault.is_sure for fault in faults[each.id])]
    for schedule in schedules:
        for fault in faults[schedule.id]:
            verdict = Verdict.MISSING if fault.is_sure and not runs else Verdict.WARNING
            yield Check(
                required.project, verdict, f"schedule {schedule.id}, {RUN}={run}, {fault.found}", fault.mend
            )
    for schedule in runs:
        if not faults[schedule.id] and schedule.owner:
            what = f"schedule {schedule.id}, {RUN}={run}, is active and belongs to {schedule.owner.username}"
            yield Check(required.project, Verdict.OK, what)


def _faults(schedule: Schedule, roles: Mapping[int, int], required: Required) -> Iterator[_Fault]:
    if not schedule.is_active:
        yield _Fault("is not active", f"{SCHEDULES}: activate it")
    if required.branch is not None and schedule.branch != required.branch:
        found = f"runs on {schedule.branch}, and its job on {required.branch} alone"
        yield _Fault(found, f"{SCHEDULES}: edit it")
    yield from _of_owner(schedule.owner, roles, required)


def _of_owner(owner: Owner | None, roles: Mapping[int, int], required: Required) -> Iterator[_Fault]:
    """Yield why the schedule would not start as its owner (GitLab, doc/ci/pipelines/schedules.md, prerequisites)."""
    mend = f"{SCHEDULES}: let an account that stays, with the role Maintainer, take it over"
    if owner is None:
        yield _Fault("has no owner", mend)
        return
    role = roles.get(owner.id)
    if not owner.is_active:
        yield _Fault(f"does not start: its owner {owner.username} is blocked", mend)
    elif role is None:
        yield _Fault(f"does not start: its owner {owner.username} is no member", mend)
    elif role < _DEVELOPER:
        yield _Fault(f"does not start: the role of its owner {owner.username} is below Developer", mend)
    elif role < _MAINTAINER and not required.developers_merge:
        found = f"starts only if its owner {owner.username} may merge into {required.branch}, as Developers may not"
        yield _Fault(found, mend, is_sure=False)

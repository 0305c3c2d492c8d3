"""What the engagements repository lacks in GitLab: a protected branch, variables, schedules and their owners."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psbot.doctor.check import Check, Verdict
from psbot.doctor.schedules import RUN, SCHEDULES, Required, examine_schedules
from psbot.errors import GitLabError
from psbot.gitlab.ci_settings import EVERYWHERE, Branch, Pipelines, Project, Variable

READ_TOKEN, NOTE_TOKEN, WRITE_TOKEN = (
    "PSBOT_READ_TOKEN",
    "PSBOT_NOTE_TOKEN",
    "PSBOT_TOKEN",
)  # names of variables
_SETTINGS = "Settings, CI/CD, Variables"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A variable that the jobs need, what follows without it, and how grave that is."""

    name: str
    is_protected: bool
    verdict: Verdict
    without: str


_WANTED = (
    _Wanted(WRITE_TOKEN, True, Verdict.MISSING, "nothing can be written, and no job of the default branch works"),
    _Wanted(READ_TOKEN, False, Verdict.WARNING, "plans in merge requests are made as if GitLab were empty"),
    _Wanted(NOTE_TOKEN, False, Verdict.WARNING, "plans are an artifact of the job, not a note in the merge request"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """What GitLab gave the job of the default branch that psbot runs in."""

    variables: frozenset[str]
    is_protected: bool


@dataclass(frozen=True, slots=True)
class Repository:
    """What is examined: a project's path, the schedules it must have, by what they run, and psbot's job there."""

    path: str
    schedules: tuple[str, ...]
    job: Job | None = None


def job_of(environment: Mapping[str, str], path: str) -> Job | None:
    """Return the job; None outside of pipelines of the default branch of *path* (GitLab, predefined variables)."""
    branch = environment.get("CI_COMMIT_BRANCH")
    if (
        not branch
        or branch != environment.get("CI_DEFAULT_BRANCH")
        or environment.get("CI_PROJECT_PATH") != path
    ):
        return None
    given = frozenset(each.name for each in _WANTED if environment.get(each.name))
    return Job(given, environment.get("CI_COMMIT_REF_PROTECTED") == "true")


def examine_job(repository: Repository) -> Iterator[Check]:
    """Yield what the job itself tells, which is all where GitLab does not show the settings."""
    job, about = repository.job, repository.path
    if job is None:
        return
    if not job.is_protected:
        yield _unprotected(about, "the default branch")
    for each in _WANTED:
        if each.name in job.variables:
            yield Check(about, Verdict.NOTE, f"this job has {each.name}; how it is set up is not known")
        else:
            yield _absent(about, each, f"this job has no {each.name}")


def examine_repository(pipelines: Pipelines, repository: Repository) -> Iterator[Check]:
    """Yield every check of the project's settings; what GitLab does not show is said, and the job asked instead."""
    about = repository.path
    try:
        project = pipelines.fetch_project()
    except GitLabError as error:
        yield _unknown(about, "the project", error, "be a member")
        yield from examine_job(repository)
        return
    name, branch = project.default_branch, None
    if name is None:
        found = "GitLab shows no default branch, so whether it is protected could not be checked"
        yield Check(about, Verdict.UNKNOWN, found, "it needs the role Reporter, and a first commit")
    else:
        try:
            branch = pipelines.fetch_branch(name)
        except GitLabError as error:
            yield _unknown(about, f"whether {name} is protected", error, "have the role Reporter")
        else:
            yield _protection(about, name, branch)
    try:
        variables = pipelines.fetch_variables()
    except GitLabError as error:
        yield _unknown(about, "the CI/CD variables", error, "have the role Maintainer")
        yield from examine_job(repository)
    else:
        yield from _variables(pipelines, repository, project, variables)
    yield from _schedules(pipelines, repository, name, branch)


def _unknown(about: str, what: str, error: GitLabError, needed: str) -> Check:
    mend = f"whoever looks must {needed} there: psbot doctor --repository {about}, with such a token"
    return Check(about, Verdict.UNKNOWN, f"could not check {what}: {error.message}", mend)


def _unprotected(about: str, branch: str) -> Check:
    found = f"{branch} is not protected: GitLab gives its jobs no protected variable"
    return Check(about, Verdict.MISSING, found, "Settings, Repository, Protected branches: protect it")


def _protection(about: str, name: str, branch: Branch) -> Check:
    if branch.is_protected:
        return Check(about, Verdict.OK, f"{name}, the default branch, is protected")
    return _unprotected(about, f"{name}, the default branch,")


def _absent(about: str, wanted: _Wanted, found: str) -> Check:
    flag = "protected, " if wanted.is_protected else ""
    return Check(
        about, wanted.verdict, f"{found}: {wanted.without}", f"{_SETTINGS}: add it, {flag}masked and hidden"
    )


def _variables(
    pipelines: Pipelines, repository: Repository, project: Project, own: Sequence[Variable]
) -> Iterator[Check]:
    about = repository.path
    above: dict[str, tuple[str, Variable]] = {}
    unseen: list[str] = []
    missing = {each.name for each in _WANTED} - {each.key for each in own}
    for group in project.groups if missing else ():
        try:
            for name, found in _by_name(pipelines.fetch_group_variables(group)).items():
                above.setdefault(name, (group, found))
        except GitLabError:
            unseen.append(group)
    for wanted in _WANTED:
        if (variable := _by_name(own).get(wanted.name)) is not None:
            yield from _faults(about, wanted, variable)
        elif wanted.name in above:
            group, variable = above[wanted.name]
            yield Check(
                about,
                Verdict.WARNING,
                f"{wanted.name} is a variable of the group {group}: every project below has it",
                f"{_SETTINGS}: move it to {about}",
            )
            yield from _faults(about, wanted, variable)
        elif unseen:
            yield _perhaps_above(repository, wanted, unseen)
        else:
            yield _absent(about, wanted, f"there is no variable {wanted.name}")


def _by_name(variables: Sequence[Variable]) -> Mapping[str, Variable]:
    """Return variables by name; of several with one name, that of all environments counts."""
    return {each.key: each for each in sorted(variables, key=lambda each: each.environment == EVERYWHERE)}


def _perhaps_above(repository: Repository, wanted: _Wanted, unseen: Sequence[str]) -> Check:
    about, groups = repository.path, ", ".join(unseen)
    if repository.job is not None and wanted.name not in repository.job.variables:
        return _absent(about, wanted, f"there is no variable {wanted.name}, and this job has none")
    found = f"{wanted.name} is no variable of the project; could not check those of {groups}"
    return Check(
        about, Verdict.UNKNOWN, found, f"{_SETTINGS}: keep it in {about}; only Owners see a group's variables"
    )


def _faults(about: str, wanted: _Wanted, variable: Variable) -> Iterator[Check]:
    name = wanted.name
    faults = []
    if variable.environment != EVERYWHERE:
        found = f"{name} is for the environment {variable.environment} alone, and psbot's jobs have none"
        faults.append(Check(about, wanted.verdict, found, f"{_SETTINGS}: all environments (*)"))
    if wanted.is_protected and not variable.is_protected:
        found = f"{name} is not protected: whoever can push a branch can read it"
        faults.append(
            Check(
                about, Verdict.MISSING, found, f"{_SETTINGS}: protect it; rotate the token, it may be known"
            )
        )
    if variable.is_protected and not wanted.is_protected:
        found = f"{name} is protected: merge requests do not get it, so {wanted.without}"
        faults.append(Check(about, Verdict.WARNING, found, f"{_SETTINGS}: take the protection away"))
    if not variable.is_masked:
        found = f"{name} is not masked: a job's log could show it"
        faults.append(Check(about, Verdict.WARNING, found, f"{_SETTINGS}: mask it, or add it anew as hidden"))
    yield from faults
    if not faults:
        flags = ["protected"] * variable.is_protected + ["masked"] + ["hidden"] * variable.is_hidden
        yield Check(about, Verdict.OK, f"{name} is there, {' and '.join(flags)}")


def _schedules(
    pipelines: Pipelines, repository: Repository, name: str | None, branch: Branch | None
) -> Iterator[Check]:
    about = repository.path
    try:
        schedules = pipelines.fetch_schedules(RUN)
        owners = sorted({each.owner.id for each in schedules if each.run and each.owner})
        roles = pipelines.fetch_roles(owners)
    except GitLabError as error:
        yield _unknown(about, f"the schedules ({SCHEDULES})", error, "have the role Maintainer")
        return
    merges = branch is None or not branch.is_protected or branch.developers_merge
    required = Required(about, repository.schedules, name, merges)
    yield from examine_schedules(schedules, roles, required)

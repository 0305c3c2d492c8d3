"""What the engagements repository lacks in GitLab: a protected branch, variables, schedules and their owners."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psbot.doctor.check import Check, CheckResult
from psbot.doctor.schedules import RUN_VARIABLE, SCHEDULES_PAGE, RequiredSchedules, examine_schedules
from psbot.errors import GitLabError
from psbot.gitlab.ci_settings import ALL_ENVIRONMENTS, Branch, CiSettings, Project, Variable

READ_TOKEN, NOTE_TOKEN, WRITE_TOKEN = (
    "PSBOT_READ_TOKEN",
    "PSBOT_NOTE_TOKEN",
    "PSBOT_TOKEN",
)  # names of variables
_SETTINGS = "Settings, CI/CD, Variables"


@dataclass(frozen=True, slots=True)
class _RequiredVariable:
    """A variable that the jobs need, what follows without it, and how grave that is."""

    name: str
    is_protected: bool
    result_if_missing: CheckResult
    consequence: str


_REQUIRED_VARIABLES = (
    _RequiredVariable(
        WRITE_TOKEN,
        True,
        CheckResult.MISSING,
        "nothing can be written, and no job of the default branch works",
    ),
    _RequiredVariable(
        READ_TOKEN, False, CheckResult.WARNING, "plans in merge requests are made as if GitLab were empty"
    ),
    _RequiredVariable(
        NOTE_TOKEN,
        False,
        CheckResult.WARNING,
        "plans are an artifact of the job, not a note in the merge request",
    ),
)


@dataclass(frozen=True, slots=True)
class PipelineJob:
    """What GitLab gave the job of the default branch that psbot runs in."""

    variables: frozenset[str]
    is_protected: bool


@dataclass(frozen=True, slots=True)
class Repository:
    """What is examined: a project's path, the schedules it must have, by what they run, and psbot's job there."""

    path: str
    schedules: tuple[str, ...]
    job: PipelineJob | None = None


def find_job(environment: Mapping[str, str], path: str) -> PipelineJob | None:
    """Return the job; None outside of pipelines of the default branch of *path* (GitLab, predefined variables)."""
    branch = environment.get("CI_COMMIT_BRANCH")
    if (
        not branch
        or branch != environment.get("CI_DEFAULT_BRANCH")
        or environment.get("CI_PROJECT_PATH") != path
    ):
        return None
    given = frozenset(each.name for each in _REQUIRED_VARIABLES if environment.get(each.name))
    return PipelineJob(given, environment.get("CI_COMMIT_REF_PROTECTED") == "true")


def examine_job(repository: Repository) -> Iterator[Check]:
    """Yield what the job itself tells, which is all where GitLab does not show the settings."""
    job, about = repository.job, repository.path
    if job is None:
        return
    if not job.is_protected:
        yield _unprotected_branch(about, "the default branch")
    for each in _REQUIRED_VARIABLES:
        if each.name in job.variables:
            yield Check(about, CheckResult.NOTE, f"this job has {each.name}; how it is set up is not known")
        else:
            yield _missing_variable(about, each, f"this job has no {each.name}")


def examine_repository(pipelines: CiSettings, repository: Repository) -> Iterator[Check]:
    """Yield every check of the project's settings; what GitLab does not show is said, and the job asked instead."""
    about = repository.path
    try:
        project = pipelines.fetch_project()
    except GitLabError as error:
        yield _could_not_check(about, "the project", error, "be a member")
        yield from examine_job(repository)
        return
    name, branch = project.default_branch, None
    if name is None:
        found = "GitLab shows no default branch, so whether it is protected could not be checked"
        yield Check(about, CheckResult.UNKNOWN, found, "it needs the role Reporter, and a first commit")
    else:
        try:
            branch = pipelines.fetch_branch(name)
        except GitLabError as error:
            yield _could_not_check(about, f"whether {name} is protected", error, "have the role Reporter")
        else:
            yield _check_protection(about, name, branch)
    try:
        variables = pipelines.fetch_variables()
    except GitLabError as error:
        yield _could_not_check(about, "the CI/CD variables", error, "have the role Maintainer")
        yield from examine_job(repository)
    else:
        yield from _check_variables(pipelines, repository, project, variables)
    yield from _check_schedules(pipelines, repository, name, branch)


def _could_not_check(about: str, what: str, error: GitLabError, needed: str) -> Check:
    mend = f"whoever looks must {needed} there: psbot doctor --repository {about}, with such a token"
    return Check(about, CheckResult.UNKNOWN, f"could not check {what}: {error.message}", mend)


def _unprotected_branch(about: str, branch: str) -> Check:
    found = f"{branch} is not protected: GitLab gives its jobs no protected variable"
    return Check(about, CheckResult.MISSING, found, "Settings, Repository, Protected branches: protect it")


def _check_protection(about: str, name: str, branch: Branch) -> Check:
    if branch.is_protected:
        return Check(about, CheckResult.OK, f"{name}, the default branch, is protected")
    return _unprotected_branch(about, f"{name}, the default branch,")


def _missing_variable(about: str, wanted: _RequiredVariable, found: str) -> Check:
    flag = "protected, " if wanted.is_protected else ""
    return Check(
        about,
        wanted.result_if_missing,
        f"{found}: {wanted.consequence}",
        f"{_SETTINGS}: add it, {flag}masked and hidden",
    )


def _check_variables(
    pipelines: CiSettings, repository: Repository, project: Project, own: Sequence[Variable]
) -> Iterator[Check]:
    about = repository.path
    above: dict[str, tuple[str, Variable]] = {}
    unseen: list[str] = []
    missing = {each.name for each in _REQUIRED_VARIABLES} - {each.key for each in own}
    for group in project.ancestor_groups if missing else ():
        try:
            for name, found in _by_name(pipelines.fetch_group_variables(group)).items():
                above.setdefault(name, (group, found))
        except GitLabError:
            unseen.append(group)
    for wanted in _REQUIRED_VARIABLES:
        if (variable := _by_name(own).get(wanted.name)) is not None:
            yield from _variable_problems(about, wanted, variable)
        elif wanted.name in above:
            group, variable = above[wanted.name]
            yield Check(
                about,
                CheckResult.WARNING,
                f"{wanted.name} is a variable of the group {group}: every project below has it",
                f"{_SETTINGS}: move it to {about}",
            )
            yield from _variable_problems(about, wanted, variable)
        elif unseen:
            yield _maybe_in_group(repository, wanted, unseen)
        else:
            yield _missing_variable(about, wanted, f"there is no variable {wanted.name}")


def _by_name(variables: Sequence[Variable]) -> Mapping[str, Variable]:
    """Return variables by name; of several with one name, that of all environments counts."""
    return {
        each.key: each for each in sorted(variables, key=lambda each: each.environment == ALL_ENVIRONMENTS)
    }


def _maybe_in_group(repository: Repository, wanted: _RequiredVariable, unseen: Sequence[str]) -> Check:
    about, groups = repository.path, ", ".join(unseen)
    if repository.job is not None and wanted.name not in repository.job.variables:
        return _missing_variable(about, wanted, f"there is no variable {wanted.name}, and this job has none")
    found = f"{wanted.name} is no variable of the project; could not check those of {groups}"
    return Check(
        about,
        CheckResult.UNKNOWN,
        found,
        f"{_SETTINGS}: keep it in {about}; only Owners see a group's variables",
    )


def _variable_problems(about: str, wanted: _RequiredVariable, variable: Variable) -> Iterator[Check]:
    name = wanted.name
    faults = []
    if variable.environment != ALL_ENVIRONMENTS:
        found = f"{name} is for the environment {variable.environment} alone, and psbot's jobs have none"
        faults.append(Check(about, wanted.result_if_missing, found, f"{_SETTINGS}: all environments (*)"))
    if wanted.is_protected and not variable.is_protected:
        found = f"{name} is not protected: whoever can push a branch can read it"
        faults.append(
            Check(
                about,
                CheckResult.MISSING,
                found,
                f"{_SETTINGS}: protect it; rotate the token, it may be known",
            )
        )
    if variable.is_protected and not wanted.is_protected:
        found = f"{name} is protected: merge requests do not get it, so {wanted.consequence}"
        faults.append(Check(about, CheckResult.WARNING, found, f"{_SETTINGS}: take the protection away"))
    if not variable.is_masked:
        found = f"{name} is not masked: a job's log could show it"
        faults.append(
            Check(about, CheckResult.WARNING, found, f"{_SETTINGS}: mask it, or add it anew as hidden")
        )
    yield from faults
    if not faults:
        flags = ["protected"] * variable.is_protected + ["masked"] + ["hidden"] * variable.is_hidden
        yield Check(about, CheckResult.OK, f"{name} is there, {' and '.join(flags)}")


def _check_schedules(
    pipelines: CiSettings, repository: Repository, name: str | None, branch: Branch | None
) -> Iterator[Check]:
    about = repository.path
    try:
        schedules = pipelines.fetch_schedules(RUN_VARIABLE)
        owners = sorted({each.owner.id for each in schedules if each.variable_value and each.owner})
        roles = pipelines.fetch_roles(owners)
    except GitLabError as error:
        yield _could_not_check(about, f"the schedules ({SCHEDULES_PAGE})", error, "have the role Maintainer")
        return
    merges = branch is None or not branch.is_protected or branch.developers_can_merge
    required = RequiredSchedules(about, repository.schedules, name, merges)
    yield from examine_schedules(schedules, roles, required)

"""What the engagements repository needs in GitLab: a protected branch, variables, schedules."""

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
    """A variable that the jobs need; the consequence and the severity if it is missing."""

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
        READ_TOKEN, False, CheckResult.WARNING, "plans in merge requests assume an empty GitLab"
    ),
    _RequiredVariable(
        NOTE_TOKEN,
        False,
        CheckResult.WARNING,
        "plans are a job artifact instead of a note in the merge request",
    ),
)


@dataclass(frozen=True, slots=True)
class PipelineJob:
    """The job of the default branch that psbot runs in: its variables, and whether it is protected."""

    variables: frozenset[str]
    is_protected: bool


@dataclass(frozen=True, slots=True)
class Repository:
    """What is checked: the path of the project, the schedules it needs, and the job of psbot there."""

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
    """Yield what the job itself shows: all there is to check where GitLab does not show the settings."""
    job, subject = repository.job, repository.path
    if job is None:
        return
    if not job.is_protected:
        yield _unprotected_branch(subject, "the default branch")
    for each in _REQUIRED_VARIABLES:
        if each.name in job.variables:
            yield Check(
                subject, CheckResult.NOTE, f"this job has {each.name}; its settings could not be checked"
            )
        else:
            yield _missing_variable(subject, each, f"this job has no {each.name}")


def examine_repository(settings: CiSettings, repository: Repository) -> Iterator[Check]:
    """Yield every check of the project's settings; the job is checked where GitLab does not show them."""
    subject = repository.path
    try:
        project = settings.fetch_project()
    except GitLabError as error:
        yield _could_not_check(subject, "the project", error, "a member")
        yield from examine_job(repository)
        return
    name, branch = project.default_branch, None
    if name is None:
        message = "GitLab shows no default branch, so its protection could not be checked"
        yield Check(
            subject,
            CheckResult.UNKNOWN,
            message,
            "check that the account has the Reporter role and that the project has a commit",
        )
    else:
        try:
            branch = settings.fetch_branch(name)
        except GitLabError as error:
            yield _could_not_check(
                subject, f"whether {name} is protected", error, "a member with at least the Reporter role"
            )
        else:
            yield _check_protection(subject, name, branch)
    try:
        variables = settings.fetch_variables()
    except GitLabError as error:
        yield _could_not_check(subject, "the CI/CD variables", error, "a Maintainer")
        yield from examine_job(repository)
    else:
        yield from _check_variables(settings, repository, project, variables)
    yield from _check_schedules(settings, repository, name, branch)


def _could_not_check(subject: str, what: str, error: GitLabError, reader: str) -> Check:
    fix = f"run psbot doctor --repository {subject} with the token of {reader}"
    return Check(subject, CheckResult.UNKNOWN, f"could not check {what}: {error.message}", fix)


def _unprotected_branch(subject: str, branch: str) -> Check:
    message = f"{branch} is not protected, so its jobs get no protected variables"
    return Check(
        subject, CheckResult.MISSING, message, "Settings, Repository, Protected branches: protect it"
    )


def _check_protection(subject: str, name: str, branch: Branch) -> Check:
    if branch.is_protected:
        return Check(subject, CheckResult.OK, f"{name}, the default branch, is protected")
    return _unprotected_branch(subject, f"{name}, the default branch,")


def _missing_variable(subject: str, required: _RequiredVariable, message: str) -> Check:
    flag = "protected, " if required.is_protected else ""
    return Check(
        subject,
        required.result_if_missing,
        f"{message}: {required.consequence}",
        f"{_SETTINGS}: add it, {flag}masked and hidden",
    )


def _check_variables(
    settings: CiSettings, repository: Repository, project: Project, own: Sequence[Variable]
) -> Iterator[Check]:
    subject = repository.path
    above: dict[str, tuple[str, Variable]] = {}
    hidden: list[str] = []
    missing = {each.name for each in _REQUIRED_VARIABLES} - {each.key for each in own}
    for group in project.ancestor_groups if missing else ():
        try:
            for name, found in _by_name(settings.fetch_group_variables(group)).items():
                above.setdefault(name, (group, found))
        except GitLabError:
            hidden.append(group)
    for required in _REQUIRED_VARIABLES:
        if (variable := _by_name(own).get(required.name)) is not None:
            yield from _variable_problems(subject, required, variable)
        elif required.name in above:
            group, variable = above[required.name]
            yield Check(
                subject,
                CheckResult.WARNING,
                f"{required.name} is a variable of the group {group}, so every project of the group gets it",
                f"{_SETTINGS}: move it to {subject}",
            )
            yield from _variable_problems(subject, required, variable)
        elif hidden:
            yield _maybe_in_group(repository, required, hidden)
        else:
            yield _missing_variable(subject, required, f"the variable {required.name} does not exist")


def _by_name(variables: Sequence[Variable]) -> Mapping[str, Variable]:
    """Return variables by name; of several with one name, the one for all environments."""
    return {
        each.key: each for each in sorted(variables, key=lambda each: each.environment == ALL_ENVIRONMENTS)
    }


def _maybe_in_group(repository: Repository, required: _RequiredVariable, hidden: Sequence[str]) -> Check:
    subject, groups = repository.path, ", ".join(hidden)
    if repository.job is not None and required.name not in repository.job.variables:
        return _missing_variable(
            subject, required, f"neither the project nor this job has the variable {required.name}"
        )
    message = (
        f"{required.name} is not a variable of the project; the variables of {groups} could not be checked"
    )
    return Check(
        subject,
        CheckResult.UNKNOWN,
        message,
        f"{_SETTINGS}: keep it in {subject}; only Owners can see the variables of a group",
    )


def _variable_problems(subject: str, required: _RequiredVariable, variable: Variable) -> Iterator[Check]:
    name = required.name
    problems = []
    if variable.environment != ALL_ENVIRONMENTS:
        message = f"{name} is limited to the environment {variable.environment}, and psbot's jobs have no environment"
        problems.append(
            Check(
                subject, required.result_if_missing, message, f"{_SETTINGS}: set the environment to All (*)"
            )
        )
    if required.is_protected and not variable.is_protected:
        message = f"{name} is not protected: everyone who can push a branch can read it"
        problems.append(
            Check(
                subject,
                CheckResult.MISSING,
                message,
                f"{_SETTINGS}: protect it, and rotate the token, as it may be exposed",
            )
        )
    if variable.is_protected and not required.is_protected:
        message = f"{name} is protected, so merge requests do not get it: {required.consequence}"
        problems.append(Check(subject, CheckResult.WARNING, message, f"{_SETTINGS}: remove the protection"))
    if not variable.is_masked:
        message = f"{name} is not masked: job logs can show it"
        problems.append(
            Check(subject, CheckResult.WARNING, message, f"{_SETTINGS}: mask it, or add it again as hidden")
        )
    yield from problems
    if not problems:
        flags = ["protected"] * variable.is_protected + ["masked"] + ["hidden"] * variable.is_hidden
        yield Check(subject, CheckResult.OK, f"{name} exists, {' and '.join(flags)}")


def _check_schedules(
    settings: CiSettings, repository: Repository, name: str | None, branch: Branch | None
) -> Iterator[Check]:
    subject = repository.path
    try:
        schedules = settings.fetch_schedules(RUN_VARIABLE)
        owners = sorted({each.owner.id for each in schedules if each.variable_value and each.owner})
        roles = settings.fetch_roles(owners)
    except GitLabError as error:
        yield _could_not_check(subject, f"the schedules ({SCHEDULES_PAGE})", error, "a Maintainer")
        return
    merges = branch is None or not branch.is_protected or branch.developers_can_merge
    required = RequiredSchedules(subject, repository.schedules, name, merges)
    yield from examine_schedules(schedules, roles, required)

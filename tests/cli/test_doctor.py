"""What doctor says of an engagements repository: in its jobs, and from a desk with a token that may look."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from psbot.cli import main
from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.accounts import AccessLevel, Namespace
from psbot.sandbox.state.project import Branch, CiVariable, PipelineSchedule
from psbot.sandbox.state.seed import sandbox_world, token_of
from tests.support.paths import ROOT
from tests.support.repository import (
    API_SECRET,
    ENGAGEMENTS,
    NOTE_SECRET,
    READ_SECRET,
    add_accounts,
    pipeline_of_main,
)

AWS = str(ROOT / "examples" / "acme-aws.yml")
SECRET = "glpat-value-of-a-variable"
RUNS = ("advance", "advance-all", "stale")
ASKED = [word for run in RUNS for word in ("--schedule", run)]
TOKENS = {"PSBOT_READ_TOKEN": False, "PSBOT_NOTE_TOKEN": False, "PSBOT_TOKEN": True}

Doctor = Callable[..., Result]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An engagements repository with all that its README asks for; maria is a Maintainer there, dora a Developer."""
    world = sandbox_world()
    with running_sandbox(world) as started:
        project = add_accounts(started)
        maria = world.users["maria"]
        world.add_member(project, maria, AccessLevel.MAINTAINER)
        for key, is_protected in TOKENS.items():
            world.variables_of[project.namespace_id].append(
                CiVariable(key, SECRET, is_protected=is_protected, is_masked=True, is_hidden=False)
            )
        world.schedules_of[project.namespace_id] += [
            PipelineSchedule(
                number, run, "7 * * * *", maria, variables=(("OTHER", SECRET), ("PSBOT_RUN", run))
            )
            for number, run in enumerate(RUNS, start=7)
        ]
        yield started


@pytest.fixture
def project(sandbox: Sandbox) -> Namespace:
    return sandbox.world.namespaces[ENGAGEMENTS]


@pytest.fixture
def doctor(sandbox: Sandbox) -> Doctor:
    """From a desk: with the token of *who*, maria if nobody else."""

    def run(*arguments: str, who: str = "maria", **env: str) -> Result:
        given = {
            "PSBOT_GITLAB_URL": sandbox.url,
            "PSBOT_TOKEN": token_of(who),
            "PSBOT_NOW": "2026-11-23T09:00+01:00",
            "PSBOT_PROFILE": "",
            "CI_PROJECT_PATH": "",
            "COLUMNS": "300",
        }
        words = ["-vv", "doctor", AWS, "--repository", ENGAGEMENTS, *ASKED, *arguments]
        return CliRunner().invoke(main, words, env=given | env)

    return run


@pytest.fixture
def job(sandbox: Sandbox, project: Namespace) -> Doctor:
    """The job psbot-doctor, on the default branch, with the variables that GitLab gives it."""

    def run(**given: str) -> Result:
        nothing = dict.fromkeys((*TOKENS, "GITLAB_TOKEN", "PSBOT_PROFILE"), "")
        env = pipeline_of_main(project, "c0ffee", sandbox.url, "web")
        now = {"PSBOT_NOW": "2026-11-23T09:00+01:00", "COLUMNS": "300"}
        return CliRunner().invoke(main, ["doctor", AWS, *ASKED], env=nothing | env | now | given)

    return run


def of_repository(ended: Result) -> dict[str, str]:
    """What is said of the repository: found → verdict and what to do."""
    assert "Traceback" not in ended.output
    checks = json.loads(ended.stdout)["checks"]
    assert all(check["fix"] == check["mend"] for check in checks), "the old name stays for one release"
    return {
        check["found"]: f"{check['verdict']}; {check['fix']}" if check["fix"] else check["verdict"]
        for check in checks
        if check["about"] == ENGAGEMENTS
    }


def change(sandbox: Sandbox, project: Namespace, name: str, /, **changes: object) -> None:
    """Set a variable of the project up in another way."""
    listed = sandbox.world.variables_of[project.namespace_id]
    (found,) = (each for each in listed if each.key == name)
    listed[listed.index(found)] = replace(found, **changes)  # type: ignore[arg-type]


def reschedule(sandbox: Sandbox, project: Namespace, run: str, **changes: object) -> None:
    listed = sandbox.world.schedules_of[project.namespace_id]
    (found,) = (each for each in listed if each.description == run)
    listed[listed.index(found)] = replace(found, **changes)  # type: ignore[arg-type]


def test_repository_with_all_that_its_readme_asks_for_has_nothing_missing(doctor: Doctor) -> None:
    ended = doctor("--format", "json", "--exit-code")
    assert ended.exit_code == 0, ended.output
    assert of_repository(ended) == {
        "main, the default branch, is protected": "ok",
        "PSBOT_TOKEN exists, protected and masked": "ok",
        "PSBOT_READ_TOKEN exists, masked": "ok",
        "PSBOT_NOTE_TOKEN exists, masked": "ok",
        "schedule 7, PSBOT_RUN=advance, is active and belongs to maria": "ok",
        "schedule 8, PSBOT_RUN=advance-all, is active and belongs to maria": "ok",
        "schedule 9, PSBOT_RUN=stale, is active and belongs to maria": "ok",
    }


def test_maintainers_token_that_can_only_read_shows_all_of_it(doctor: Doctor, sandbox: Sandbox) -> None:
    sandbox.world.add_token("glpat-maria-reads", sandbox.world.users["maria"], ["read_api"])
    said = of_repository(doctor("--format", "json", PSBOT_TOKEN="glpat-maria-reads"))
    assert (len(said), set(said.values())) == (7, {"ok"})


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_value_of_a_variable_is_in_no_output(doctor: Doctor, sandbox: Sandbox, form: str) -> None:
    ended = doctor("--format", form)
    served = [each.path for each in sandbox.gate.log.entries]
    assert any(path.endswith("/variables") for path in served), "GitLab has sent the values"
    assert "/variables" in ended.stderr, "at -vv requests are named"
    assert SECRET not in ended.output
    sandbox.gate.faults.add(
        Fault(FaultKind.NOT_JSON, FaultTiming.BEFORE, times=99, path="pipeline_schedules")
    )
    assert SECRET not in doctor("--format", form).output


def test_malformed_answer_is_reported_without_a_value(
    doctor: Doctor, sandbox: Sandbox, project: Namespace
) -> None:
    change(sandbox, project, "PSBOT_TOKEN", is_masked=SECRET)
    ended = doctor("--format", "json")
    (said,) = (
        each for each in of_repository(ended) if each.startswith("could not check the CI/CD variables")
    )
    assert "variable.masked is not a boolean" in said
    assert SECRET not in ended.output


def test_doctor_only_reads(doctor: Doctor, sandbox: Sandbox) -> None:
    doctor()
    assert not any(each.is_write for each in sandbox.gate.log.entries)


LACKS: dict[str, tuple[str, dict[str, object], str]] = {
    "api token for every branch": (
        "PSBOT_TOKEN", {"is_protected": False},
        "missing PSBOT_TOKEN is not protected: everyone who can push a branch can read it",
    ),
    "api token in the log": (
        "PSBOT_TOKEN", {"is_masked": False}, "warning PSBOT_TOKEN is not masked: job logs can show it"
    ),
    "api token for one environment": (
        "PSBOT_TOKEN", {"environment_scope": "production"},
        "missing PSBOT_TOKEN is limited to the environment production, and psbot's jobs have no environment",
    ),
    "token to read for protected branches": (
        "PSBOT_READ_TOKEN", {"is_protected": True},
        "warning PSBOT_READ_TOKEN is protected, so merge requests do not get it",
    ),
    "token for notes for protected branches": (
        "PSBOT_NOTE_TOKEN", {"is_protected": True},
        "warning PSBOT_NOTE_TOKEN is protected, so merge requests do not get it",
    ),
    "no api token": (
        "PSBOT_TOKEN", {"key": "X"},
        "missing the variable PSBOT_TOKEN does not exist: nothing can be written, and no job of the default branch works",
    ),
    "no token to read": (
        "PSBOT_READ_TOKEN", {"key": "X"},
        "warning the variable PSBOT_READ_TOKEN does not exist: plans in merge requests assume an empty GitLab",
    ),
    "no token for notes": (
        "PSBOT_NOTE_TOKEN", {"key": "X"},
        "warning the variable PSBOT_NOTE_TOKEN does not exist: plans are a job artifact",
    ),
}  # fmt: skip


@pytest.mark.parametrize("lack", LACKS)
def test_missing_scope_of_a_token_is_reported_with_its_fix(
    doctor: Doctor, sandbox: Sandbox, project: Namespace, lack: str
) -> None:
    key, changes, said = LACKS[lack]
    sandbox.world.add_member(
        sandbox.world.namespaces["acme"], sandbox.world.users["maria"], AccessLevel.OWNER
    )
    change(sandbox, project, key, **changes)
    ended = doctor()
    assert ended.exit_code == (3 if said.startswith("missing") else 0)
    words = " ".join(ended.stdout.split())
    assert said in words
    assert "→ Settings, CI/CD, Variables: " in words.partition(said)[2]


def test_variable_of_a_group_counts_and_every_project_below_has_it(
    doctor: Doctor, sandbox: Sandbox, project: Namespace
) -> None:
    world = sandbox.world
    change(sandbox, project, "PSBOT_TOKEN", key="X")
    group = world.namespaces["acme"]
    world.variables_of[group.namespace_id].append(CiVariable("PSBOT_TOKEN", SECRET, is_protected=True))
    hidden = of_repository(doctor("--format", "json"))
    (said,) = (each for each in hidden if each.startswith("PSBOT_TOKEN"))
    assert said == "PSBOT_TOKEN is not a variable of the project; the variables of acme could not be checked"
    assert hidden[said].startswith("unknown; ")
    world.add_member(group, world.users["maria"], AccessLevel.OWNER)
    ended = doctor("--format", "json")
    seen = of_repository(ended)
    assert "PSBOT_TOKEN is a variable of the group acme, so every project of the group gets it" in seen
    assert "PSBOT_TOKEN is not masked: job logs can show it" in seen
    assert SECRET not in ended.output


def test_default_branch_that_is_not_protected_gets_no_token(
    doctor: Doctor, sandbox: Sandbox, project: Namespace
) -> None:
    sandbox.world.branches_of[project.namespace_id] = [Branch("main", is_protected=False)]
    ended = doctor("--format", "json")
    said = "main, the default branch, is not protected, so its jobs get no protected variables"
    assert of_repository(ended)[said] == "missing; Settings, Repository, Protected branches: protect it"
    assert ended.exit_code == 3


def _owned_by(username: str) -> Callable[[Sandbox], dict[str, object]]:
    return lambda sandbox: {"owner": sandbox.world.users[username]}


def _with(**changes: object) -> Callable[[Sandbox], dict[str, object]]:
    return lambda _: changes


IDLE: dict[str, tuple[Callable[[Sandbox], dict[str, object]], str]] = {
    "missing": (_with(variables=()), "missing there is no schedule with PSBOT_RUN=stale: nobody is notified of stale items"),
    "another value": (
        _with(variables=(("PSBOT_RUN", "stales"),)), "missing there is no schedule with PSBOT_RUN=stale"
    ),
    "inactive": (_with(is_active=False), "missing schedule 9, PSBOT_RUN=stale, is not active"),
    "another branch": (
        _with(ref="refs/heads/next"),
        "missing schedule 9, PSBOT_RUN=stale, runs on next, but its job runs only on main",
    ),
    "no owner": (_with(owner=None), "missing schedule 9, PSBOT_RUN=stale, has no owner"),
    "owner is not a member": (
        _owned_by("petra"), "missing schedule 9, PSBOT_RUN=stale, does not start: its owner petra is not a member"
    ),
    "owner's role": (
        _owned_by("psbot-notes-bot"),
        "missing schedule 9, PSBOT_RUN=stale, does not start: its owner psbot-notes-bot needs at least the Developer role",
    ),
    "owner may not merge": (
        _owned_by("dora"), "warning schedule 9, PSBOT_RUN=stale, starts only if its owner dora, a Developer, is allowed to merge into main"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", IDLE)
def test_schedule_that_starts_nothing_is_said_with_what_to_do(
    doctor: Doctor, sandbox: Sandbox, project: Namespace, case: str
) -> None:
    make, said = IDLE[case]
    reschedule(sandbox, project, "stale", **make(sandbox))
    ended = doctor()
    assert ended.exit_code == (3 if said.startswith("missing") else 0)
    words = " ".join(ended.stdout.split())
    assert said in words
    assert "→ Build, Pipeline schedules: " in words.partition(said)[2]


def test_schedules_of_a_blocked_owner_do_not_start(
    doctor: Doctor, sandbox: Sandbox, project: Namespace
) -> None:
    world = sandbox.world
    world.add_member(project, world.users["petra"], AccessLevel.MAINTAINER)
    world.users["maria"].state = "blocked"
    said = of_repository(doctor("--format", "json", who="petra"))
    for number, run in enumerate(RUNS, start=7):
        assert f"schedule {number}, PSBOT_RUN={run}, does not start: its owner maria is blocked" in said


def test_developers_who_may_merge_may_own_schedules(
    doctor: Doctor, sandbox: Sandbox, project: Namespace
) -> None:
    sandbox.world.branches_of[project.namespace_id] = [Branch("main", developers_can_merge=True)]
    reschedule(sandbox, project, "stale", owner=sandbox.world.users["dora"])
    said = of_repository(doctor("--format", "json"))
    assert said["schedule 9, PSBOT_RUN=stale, is active and belongs to dora"] == "ok"


def test_second_schedule_that_is_off_is_a_warning_beside_one_that_runs(
    doctor: Doctor, sandbox: Sandbox, project: Namespace
) -> None:
    listed = sandbox.world.schedules_of[project.namespace_id]
    listed.append(replace(listed[0], id=17, is_active=False))
    ended = doctor("--format", "json")
    assert of_repository(ended)["schedule 17, PSBOT_RUN=advance, is not active"].startswith("warning; ")
    assert ended.exit_code == 0


def test_schedules_that_nobody_asked_for_are_not_missed(
    sandbox: Sandbox, project: Namespace, doctor: Doctor
) -> None:
    sandbox.world.schedules_of[project.namespace_id].clear()
    ended = doctor("--format", "json", PSBOT_SCHEDULE="")
    assert sum("there is no schedule" in each for each in of_repository(ended)) == 3
    env = {"PSBOT_GITLAB_URL": sandbox.url, "PSBOT_TOKEN": token_of("maria"), "PSBOT_PROFILE": ""}
    plain = CliRunner().invoke(main, ["doctor", "--repository", ENGAGEMENTS, "--format", "json"], env=env)
    assert not any("schedule" in each for each in of_repository(plain))


def test_what_the_role_does_not_show_could_not_be_checked(doctor: Doctor) -> None:
    """A Developer sees schedules, not what they run, and no variables."""
    ended = doctor("--format", "json", who="dora")
    said = of_repository(ended)
    (variables,) = (each for each in said if each.startswith("could not check the CI/CD variables: "))
    assert "403" in variables
    assert said[variables] == (
        "unknown; run psbot doctor --repository acme/engagements with the token of a Maintainer"
    )
    for run in RUNS:
        hidden = f"no schedule with PSBOT_RUN={run} found; 3 schedules with hidden variables"
        assert said[hidden].startswith("unknown; ")
    assert not any(verdict.startswith("missing") for verdict in said.values())


def test_role_that_sees_no_code_is_shown_no_default_branch(doctor: Doctor, sandbox: Sandbox) -> None:
    world = sandbox.world
    world.add_member(world.namespaces["acme"], world.users["psbot-bot"], AccessLevel.PLANNER)
    said = of_repository(doctor("--format", "json", who="psbot-bot"))
    hidden = "GitLab shows no default branch, so its protection could not be checked"
    assert (
        said[hidden]
        == "unknown; check that the account has the Reporter role and that the project has a commit"
    )
    assert {verdict.partition(";")[0] for verdict in said.values()} == {"unknown"}


def test_read_that_fails_is_never_reported_as_missing(
    doctor: Doctor, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psbot.cli.signals.StopRequest.wait", lambda *_: None)
    for part in ("/variables", "/pipeline_schedules", "/repository/branches", "/members/all"):
        sandbox.gate.faults.clear()
        sandbox.gate.faults.add(Fault(FaultKind.STATUS, FaultTiming.BEFORE, status=500, times=99, path=part))
        said = of_repository(doctor("--format", "json"))
        assert not any(verdict.startswith("missing") for verdict in said.values()), part
        assert any(each.startswith("could not check") for each in said), part


def test_job_checks_its_own_project_and_reports_its_variables(job: Doctor, sandbox: Sandbox) -> None:
    world = sandbox.world
    world.add_member(world.namespaces["acme"], world.users["psbot-bot"], AccessLevel.PLANNER)
    ended = job(PSBOT_TOKEN=API_SECRET, PSBOT_READ_TOKEN=READ_SECRET)
    words = " ".join(ended.stdout.split())
    assert ended.exit_code == 0, ended.output
    assert "unknown could not check the CI/CD variables: " in words
    assert "note this job has PSBOT_TOKEN; its settings could not be checked" in words
    assert "warning this job has no PSBOT_NOTE_TOKEN: plans are a job artifact" in words


def test_job_without_the_api_token_says_so_and_uses_the_read_token(job: Doctor, sandbox: Sandbox) -> None:
    ended = job(PSBOT_READ_TOKEN=READ_SECRET, PSBOT_NOTE_TOKEN=NOTE_SECRET)
    assert ended.exit_code == 3
    assert "this job has no PSBOT_TOKEN; using PSBOT_READ_TOKEN for the checks" in ended.stderr
    assert "missing this job has no PSBOT_TOKEN: nothing can be written" in " ".join(ended.stdout.split())
    assert {each.username for each in sandbox.gate.log.entries} == {"psbot-read-bot"}
    assert READ_SECRET not in ended.output


def test_job_without_any_token_reports_what_is_missing_and_sends_no_request(
    job: Doctor, sandbox: Sandbox
) -> None:
    ended = job(CI_COMMIT_REF_PROTECTED="false")
    words = " ".join(ended.stdout.split())
    assert ended.exit_code == 3
    assert "missing the default branch is not protected, so its jobs get no protected variables" in words
    for name in TOKENS:
        assert f"this job has no {name}: " in words
    assert "→ Settings, CI/CD, Variables: add it, protected, masked and hidden" in words
    assert not sandbox.gate.log.entries


def test_job_of_another_branch_is_not_asked_what_it_was_given(doctor: Doctor) -> None:
    ended = doctor(
        "--format", "json", who="dora", CI_PROJECT_PATH=ENGAGEMENTS, CI_COMMIT_BRANCH="x", CI_DEFAULT_BRANCH="main"
    )  # fmt: skip
    assert not any("this job" in each for each in of_repository(ended))


def test_repository_that_is_not_seen_could_not_be_checked(doctor: Doctor) -> None:
    said = of_repository(doctor("--format", "json", who="ada"))
    ((found, verdict),) = said.items()
    assert found.startswith("could not check the project: GitLab refused the request (404)")
    assert verdict.endswith("with the token of a member")

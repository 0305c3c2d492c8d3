"""The whole way: init, a merge request, a push to it, the merge, a schedule; each job really run, against the sandbox."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.rules import merge_requests
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.accounts import Namespace
from psbot.sandbox.state.project import MergeRequest
from psbot.sandbox.state.seed import sandbox_world
from tests.pipeline import local
from tests.support.paths import ROOT
from tests.support.repository import (
    API_SECRET,
    NOTE_SECRET,
    NOTES,
    READ_SECRET,
    READER,
    WRITER,
    Repository,
    add_accounts,
    pipeline_of,
    pipeline_of_main,
    proposed,
)

ACME = (ROOT / "examples" / "acme-aws.yml").read_text()
FILE = "engagements/acme.yml"
# What every pipeline gets; that the api token is for the default branch alone is GitLab's doing, by "protected".
UNPROTECTED = {"PSBOT_READ_TOKEN": READ_SECRET, "PSBOT_NOTE_TOKEN": NOTE_SECRET}
PROTECTED = {"PSBOT_TOKEN": API_SECRET}

pytestmark = pytest.mark.skipif(bool(local.lack()), reason=local.lack())


@dataclass
class Place:
    """An engagements repository on a GitLab, with one merge request."""

    sandbox: Sandbox
    project: Namespace
    repository: Repository
    merge_request: MergeRequest
    programs: Path

    def push(self) -> None:
        self.repository.git("push", "--quiet", "origin", "--all")

    def proposes(self, files: dict[str, str | None], *jobs: str, **changed: str) -> local.Ran:
        """Push to the branch and run the merge request's pipeline."""
        commit = self.repository.commit(files)
        self.push()
        variables = (
            pipeline_of(self.merge_request, commit, self.sandbox.url) | UNPROTECTED | self._now | changed
        )
        return local.run(self.repository.folder, self.programs, variables, *jobs)

    def on_main(self, source: str, *jobs: str, **changed: str) -> local.Ran:
        """Run a pipeline of the default branch."""
        commit = self.repository.git("rev-parse", "main")
        variables = pipeline_of_main(self.project, commit, self.sandbox.url, source)
        given = variables | UNPROTECTED | PROTECTED | self._now | changed
        return local.run(self.repository.folder, self.programs, given, *jobs)

    def merges(self) -> local.Ran:
        commit = self.repository.merge()
        self.push()
        merge_requests.merge_merge_request(self.sandbox.world, self.merge_request, commit)
        return self.on_main("push")

    @property
    def _now(self) -> dict[str, str]:
        return {"PSBOT_NOW": "2026-11-23T09:00+01:00"}

    @property
    def notes(self) -> list[str]:
        return [note.body for note in self.merge_request.notes]

    def titles(self) -> list[str]:
        return [item.title for item in self.sandbox.world.items.values() if item.is_open]

    def askers(self) -> set[str]:
        return {entry.username for entry in self.sandbox.gate.log.entries}


def begun(installed: Path, folder: Path, package: str = "") -> Repository:
    """Return a clone of a new engagements repository, its first commit pushed, on a branch."""
    origin, clone = folder / "origin.git", folder / "clone"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", origin], check=True)
    repository = Repository.begun(clone)
    options = ("--package", package, "--owner", "@acme/managers")
    subprocess.run([installed / "psbot", "init", clone, *options], check=True, capture_output=True)
    (clone / "engagements" / "example.yml").unlink()
    (clone / ".gitignore").write_text(f"{(clone / '.gitignore').read_text()}.gitlab-ci-local/\n")
    repository.commit({})
    repository.git("remote", "add", "origin", str(origin))
    repository.git("push", "--quiet", "origin", "main")
    repository.branch()
    return repository


@pytest.fixture
def place(installed: Path, tmp_path: Path) -> Iterator[Place]:
    with running_sandbox(sandbox_world()) as sandbox:
        project = add_accounts(sandbox)
        yield Place(sandbox, project, begun(installed, tmp_path), proposed(sandbox, project), installed)


def test_engagement_goes_from_a_merge_request_to_gitlab_and_on(place: Place) -> None:
    first = place.proposes({FILE: ACME})
    assert (first.code, first.passed) == (0, ["psbot-plan", "psbot-validate"]), first.said
    (note,) = place.notes
    assert "| create | `kick-off` | 2026-12-01 | paul | Kick-off: Acme Corp |" in note
    assert place.titles() == []

    second = place.proposes({FILE: ACME.replace("kick_off_on: 2026-12-01", "kick_off_on: 2026-12-02")})
    assert second.code == 0, second.said
    (note,) = place.notes
    assert "| create | `kick-off` | 2026-12-02 |" in note
    assert place.titles() == []
    assert place.askers() == {READER, NOTES}

    merged = place.merges()
    assert (merged.code, merged.passed) == (0, ["psbot-apply"]), merged.said
    assert "comparing with the plan in merge request !1" in merged.said
    assert "since the plan was reviewed" not in merged.said
    assert len(place.titles()) == 12
    assert "acme_sow_142 took" in merged.said, "the log folds each engagement"
    assert re.search(r"psbot: [0-9]+ requests, 0 notes, [0-9.]+ seconds", merged.said)

    for job in ("advance", "advance-all", "stale"):
        carried = place.on_main("schedule", PSBOT_RUN=job)
        assert carried.code == 0, carried.said
        assert carried.passed + carried.yellow == ["psbot-" + job.removesuffix("-all")], carried.said
    assert len(place.titles()) >= 11
    assert len(place.notes) == 1

    again = place.on_main("push")
    assert (again.code, again.passed) == (0, ["psbot-apply"]), again.said


def report_of(place: Place, name: str) -> ElementTree.Element:
    """Return the only suite of the test report that a job has left for GitLab."""
    (found,) = {file.read_text() for file in place.repository.folder.rglob(name)}
    (suite,) = ElementTree.fromstring(found)
    return suite


def test_jobs_leave_test_reports_with_every_problem_and_finding(place: Place) -> None:
    assert place.proposes({FILE: ACME.replace("hosting: aws", "hosting: azure")}).code == 1
    (case,) = report_of(place, "psbot-validate.xml")
    assert case.get("name") == FILE
    assert f"{FILE}:5:10: hosting: azure is not a valid value" in (case.findtext("failure") or "")
    place.repository.commit({FILE: ACME})
    place.merges()
    stale = place.on_main("schedule", PSBOT_RUN="stale")
    assert stale.yellow == ["psbot-stale"], stale.said
    findings = {case.get("name") for case in report_of(place, "psbot-stale.xml")}
    assert "welcome-email: overdue" in findings
    assert "welcome-email" in stale.said, "people read it in the log"


def test_doctor_lists_what_the_repository_is_missing(place: Place) -> None:
    place.repository.commit({FILE: ACME})
    place.repository.merge()
    place.push()
    ran = place.on_main("web", "psbot-doctor")
    said = " ".join(re.sub(r"^psbot-doctor +>? ?", "", ran.said, flags=re.MULTILINE).split())
    assert FILE in said
    assert "PSBOT_TOKEN is not a variable of the project; the variables of acme could not be checked" in said
    for run in ("advance", "advance-all", "stale"):
        assert f"there is no schedule with PSBOT_RUN={run}" in said
    assert ran.failed + ran.yellow == ["psbot-doctor"], ran.said
    for secret in (API_SECRET, READ_SECRET, NOTE_SECRET):
        assert secret not in ran.said


def test_findings_make_a_yellow_job_and_a_mistake_a_red_one(place: Place) -> None:
    place.repository.commit({FILE: re.sub(r"\n  engineers: .*", "", ACME)})
    yellow = place.merges()
    assert (yellow.code, yellow.yellow, yellow.failed) == (0, ["psbot-apply"], []), yellow.said
    place.repository.commit({FILE: "engagement: acme\n"})
    red = place.on_main("push")
    assert red.failed == ["psbot-apply"], red.said


def test_stop_at_a_limit_does_not_fail_and_the_next_pipeline_goes_on(place: Place) -> None:
    place.repository.commit({FILE: ACME})
    place.sandbox.gate.faults.add(
        Fault(
            FaultKind.STATUS, FaultTiming.BEFORE, status=429, retry_after="86400", times=None, path="graphql"
        )
    )
    stopped = place.merges()
    assert (stopped.code, stopped.yellow) == (0, ["psbot-apply"]), stopped.said
    assert "rate limit" in stopped.said
    place.sandbox.gate.faults.clear()
    assert place.on_main("push").passed == ["psbot-apply"]


def test_fork_gets_its_files_checked_and_no_plan(place: Place) -> None:
    ran = place.proposes({FILE: ACME}, CI_MERGE_REQUEST_SOURCE_PROJECT_ID="987")
    assert (ran.code, ran.passed) == (0, ["psbot-validate"]), ran.said
    assert place.askers() == set()


def test_file_that_is_wrong_is_red_in_the_merge_request(place: Place) -> None:
    ran = place.proposes({FILE: ACME.replace("hosting: aws", "hosting: azure")})
    assert (ran.code, ran.failed) == (1, ["psbot-plan", "psbot-validate"]), ran.said
    assert f"{FILE}:5:10: hosting" in place.notes[0]


def test_branch_with_words_that_break_is_red_before_it_is_merged(place: Place) -> None:
    for name in (ROOT / "issue_templates").rglob("*"):
        if name.is_file():
            target = place.repository.folder / "issue_templates" / name.relative_to(ROOT / "issue_templates")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(name.read_bytes())
    ran = place.proposes(
        {FILE: ACME, "issue_templates/kick-off.md": "{{ no.such.fact }}"},
        PSBOT_TEMPLATES_DIR="issue_templates",
    )
    assert ran.failed == ["psbot-validate"], ran.said
    assert ran.passed == ["psbot-plan"], "the plan is made with the words of the target branch"


def test_branch_can_neither_run_code_of_its_own_nor_use_the_api_token(place: Place) -> None:
    """As long as the jobs are the component's: all that a branch can bring beside them is tried."""
    proof = place.repository.folder.parent / "pwned"
    code = f"import os, pathlib; pathlib.Path({str(proof)!r}).write_text(str(dict(os.environ)))\n"
    modules = (
        "venv.py",
        "pip.py",
        "click.py",
        "sitecustomize.py",
        "usercustomize.py",
        "psbot/__init__.py",
        "gitlab/__init__.py",
        "encodings.py",
    )
    shell = f"#!/bin/sh\nenv > {proof}\n"
    tried: dict[str, str | None] = {
        FILE: ACME,
        **dict.fromkeys(modules, code),
        **dict.fromkeys(("psbot.sh", "git", "python3", "bin/psbot", ".git-hooks/post-checkout"), shell),
        ".gitattributes": "*.yml diff=evil filter=evil merge=evil\n",
        ".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "env > {proof}"\n',
        ".gitconfig": f"[core]\n\tfsmonitor = {proof}\n",
        ".env": "PSBOT_CONFIG_DIR=config\n",
        "pip.conf": "[global]\nindex-url = http://127.0.0.1:9/\n",
        "pyproject.toml": "[tool.psbot]\n",
        "config/blueprint.yml": "kinds: {}\n",
        "requirements.txt": f"evil @ file://{place.repository.folder}\n",
    }
    ran = place.proposes(tried, **PROTECTED, GITLAB_TOKEN=API_SECRET)
    assert (ran.code, ran.passed) == (0, ["psbot-plan", "psbot-validate"]), ran.said
    assert not proof.exists()
    assert place.askers() == {READER, NOTES}
    for secret in (API_SECRET, READ_SECRET, NOTE_SECRET):
        assert secret not in "".join(place.notes)
        assert secret not in ran.said
    assert WRITER not in place.askers()


def test_pipeline_installs_the_wheel_with_pinned_requirements_of_the_target_branch(
    installed: Path, wheel: Path, tmp_path: Path
) -> None:
    repository = begun(installed, tmp_path, str(wheel))
    pinned = (repository.folder / "requirements.txt").read_text()
    assert "--hash=sha256:" in pinned
    repository.commit({FILE: ACME, "requirements.txt": "evil==1.0 --hash=sha256:00\n"})
    repository.git("push", "--quiet", "origin", "--all")
    variables = {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "PSBOT_NOW": "2026-11-23T09:00+01:00",
    }
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    ran = local.run(repository.folder, nothing, variables, "psbot-validate")
    assert (ran.code, ran.passed) == (0, ["psbot-validate"]), ran.said
    assert f"{FILE}: ok" in ran.said

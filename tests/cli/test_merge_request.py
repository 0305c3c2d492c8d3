"""What psbot does in the pipelines of a merge request and of the merge, against the sandbox and a real git."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from psbot.cli import main
from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.rules import merge_requests
from psbot.sandbox.rules.references import mentioned_names
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.accounts import AccessLevel, Namespace, UserKind
from psbot.sandbox.state.project import MergeRequest
from psbot.sandbox.state.seed import sandbox_world
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
OTHER = ACME.replace("acme-sow-142", "acme-sow-143").replace("SOW-2026-142", "SOW-2026-143")
TOKENS = {"PSBOT_READ_TOKEN": READ_SECRET, "PSBOT_NOTE_TOKEN": NOTE_SECRET}

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


@dataclass
class Scene:
    """A repository with a branch, its merge request, and the pipelines of both."""

    sandbox: Sandbox
    project: Namespace
    repository: Repository
    merge_request: MergeRequest

    def push(self, files: dict[str, str | None], *options: object, **env: str) -> Result:
        """Commit on the branch and run the job that plans."""
        commit = self.repository.commit(files)
        given = pipeline_of(self.merge_request, commit, self.sandbox.url) | TOKENS | env
        return self.run(["plan", "--merge-request", *options], given)

    def run(self, arguments: list[object], env: dict[str, str]) -> Result:
        now = {"PSBOT_NOW": "2026-11-23T09:00+01:00", "COLUMNS": "100"}
        clean: dict[str, str | None] = {
            name: None for name in os.environ if name.startswith(("CI", "GITLAB", "PSBOT"))
        }
        return CliRunner().invoke(main, list(map(str, arguments)), env={**clean, **now, **env})

    def merged(self, **env: str) -> Result:
        """Merge the branch and run the job that applies."""
        commit = self.repository.merge()
        merge_requests.merge_merge_request(self.sandbox.world, self.merge_request, commit)
        given = pipeline_of_main(self.project, commit, self.sandbox.url)
        return self.run(["apply", "--reviewed"], given | TOKENS | {"PSBOT_TOKEN": API_SECRET} | env)

    @property
    def notes(self) -> list[str]:
        return [note.body for note in self.merge_request.notes]

    def askers(self) -> set[str]:
        return {entry.username for entry in self.sandbox.gate.log.entries}


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene whose main branch has one engagement already."""
    repository = Repository.begun(
        tmp_path / "repository", {"engagements/other.yml": OTHER, "README.md": "hello"}
    )
    repository.branch()
    monkeypatch.chdir(repository.folder)
    with running_sandbox(sandbox_world()) as sandbox:
        project = add_accounts(sandbox)
        yield Scene(sandbox, project, repository, proposed(sandbox, project))


def test_plan_is_one_note_that_every_push_edits(begun: Scene) -> None:
    first = begun.push({FILE: ACME})
    assert first.exit_code == 0, first.output
    (note,) = begun.notes
    assert "| create | `kick-off` | 2026-12-01 | paul | Kick-off: Acme Corp |" in note
    assert "12 to create, 0 to update, 0 to close" in note
    assert "Applying it takes about" in note
    assert "GitLab will notify maria (5), paul (6)" in note
    assert "checksum `" in note
    assert "<details><summary>12 operations</summary>" in note, "a long table is folded"
    begun.push({FILE: ACME.replace("kick_off_on: 2026-12-01", "kick_off_on: 2026-12-02")})
    (edited,) = begun.notes
    assert "| create | `kick-off` | 2026-12-02 |" in edited
    assert begun.repository.git("rev-parse", "HEAD")[:8] in edited
    assert [note.author.username for note in begun.merge_request.notes] == [NOTES]


def test_note_is_left_alone_when_nothing_is_new(begun: Scene) -> None:
    begun.push({FILE: ACME})
    (note,) = begun.merge_request.notes
    at = note.updated_at
    begun.run(
        ["plan", "--merge-request"],
        pipeline_of(begun.merge_request, begun.repository.git("rev-parse", "HEAD"), begun.sandbox.url)
        | TOKENS,
    )
    assert note.updated_at == at


def test_only_files_that_the_merge_request_changes_are_planned(begun: Scene) -> None:
    begun.push({FILE: ACME, "README.md": "hello again"})
    # The target branch goes on meanwhile: what others have merged is not this merge request's.
    begun.repository.git("switch", "--quiet", "main")
    begun.repository.commit({"engagements/third.yml": OTHER.replace("143", "144")})
    begun.repository.git("update-ref", "refs/remotes/origin/main", "main")
    begun.repository.git("switch", "--quiet", "change")
    begun.push({})
    (note,) = begun.notes
    assert "acme-sow-142" in note
    assert "acme-sow-143" not in note
    assert "acme-sow-144" not in note


def test_merge_request_without_engagement_files_gets_no_note(begun: Scene) -> None:
    assert begun.push({"README.md": "hello again"}).exit_code == 0
    assert begun.notes == []
    begun.push({FILE: ACME})
    begun.push({FILE: None})
    (note,) = begun.notes
    assert "changes no engagement file" in note, "a note that is there is brought up to date"


def test_deleted_file_is_explained_and_closes_nothing(begun: Scene) -> None:
    assert begun.push({"engagements/other.yml": None}).exit_code == 0
    (note,) = begun.notes
    assert "**engagements/other.yml is deleted.** Nothing in GitLab is closed or deleted" in note
    assert "acme-sow-143" in note


def test_renamed_file_is_explained_and_planned(begun: Scene) -> None:
    begun.push({"engagements/other.yml": None, "engagements/2026/other.yml": OTHER})
    (note,) = begun.notes
    assert "**engagements/other.yml is renamed to engagements/2026/other.yml.** The key is unchanged" in note
    assert "12 to create" in note


@pytest.mark.parametrize("name", ["engagements/other.yml", "engagements/renamed.yml"])
def test_another_key_is_said_to_be_another_engagement(begun: Scene, name: str) -> None:
    begun.push({"engagements/other.yml": None, name: OTHER.replace("acme-sow-143", "acme-sow-999")})
    (note,) = begun.notes
    assert f"**{name} has a different key:** acme-sow-999 instead of the engagement acme-sow-143" in note


def test_file_with_errors_has_its_errors_in_the_note(begun: Scene) -> None:
    broken = begun.push({FILE: ACME.replace("hosting: aws", "hosting: azure")}, "--out", "plan.md")
    assert broken.exit_code == 2
    (note,) = begun.notes
    assert f"### No plan for {FILE}" in note
    assert f"- {FILE}:5:10: hosting" in note
    assert (begun.repository.folder / "plan.md").read_text().split() == note.split()


def test_key_that_two_changed_files_have_stops_both(begun: Scene) -> None:
    assert begun.push({FILE: ACME, "engagements/twin.yml": ACME}).exit_code == 2
    (note,) = begun.notes
    assert note.count("No plan for") == 2
    assert "duplicate key acme-sow-142, also used in engagements/twin.yml" in note


def test_somebody_elses_note_with_the_marker_is_not_taken_for_psbots(begun: Scene) -> None:
    begun.push({FILE: ACME})
    body = begun.notes[0]
    begun.merge_request.notes.clear()
    world = begun.sandbox.world
    forged = merge_requests.create_note(world, world.users["dora"], begun.merge_request, body)
    assert forged
    quoted = merge_requests.create_note(
        world, world.users[NOTES], begun.merge_request, f"As psbot said:\n{body}"
    )
    assert quoted
    begun.push({FILE: ACME})
    assert forged.body.split() == body.split()
    assert quoted.body.startswith("As psbot said")
    assert len(begun.notes) == 3


def test_note_of_another_account_of_psbot_counts_until_the_plan_changes(begun: Scene) -> None:
    begun.push({FILE: ACME})
    world, old = begun.sandbox.world, begun.merge_request.notes[0]
    old.author = world.add_user("project_1_bot", "psbot before", UserKind.PROJECT_BOT)
    begun.push({"README.md": "hello again"})
    body = old.body
    assert len(begun.notes) == 2, "the commit that the note names has changed"
    begun.push({FILE: ACME.replace("kick_off_on: 2026-12-01", "kick_off_on: 2026-12-02")})
    assert [note.author.username for note in begun.merge_request.notes] == ["project_1_bot", NOTES]
    assert begun.notes[0] == body
    assert "| create | `kick-off` | 2026-12-02 |" in begun.notes[1]


def test_reviewed_plan_of_another_account_of_psbot_is_compared_with(begun: Scene) -> None:
    begun.push({FILE: ACME})
    world, old = begun.sandbox.world, begun.merge_request.notes[0]
    old.author = world.add_user("project_1_bot", "psbot before", UserKind.PROJECT_BOT)
    done = begun.merged()
    assert done.exit_code == 0, done.output
    assert "comparing with the plan in merge request" in done.stderr


def test_note_is_written_once_when_the_answer_is_lost(begun: Scene) -> None:
    begun.sandbox.gate.faults.add(Fault(FaultKind.RESET, FaultTiming.AFTER, method="POST", path="/notes"))
    done = begun.push({FILE: ACME})
    assert done.exit_code == 0, done.output
    assert len(begun.notes) == 1


def test_note_that_gitlab_does_not_take_fails_the_job_and_is_not_repeated(begun: Scene) -> None:
    begun.sandbox.gate.faults.add(
        Fault(FaultKind.STATUS, FaultTiming.BEFORE, method="POST", path="/notes", status=503, times=9)
    )
    done = begun.push({FILE: ACME})
    assert (done.exit_code, begun.notes) == (3, [])
    assert "the plan could not be posted to the merge request" in done.stderr
    posts = [
        entry
        for entry in begun.sandbox.gate.log.entries
        if entry.path.endswith("/notes") and entry.method == "POST"
    ]
    assert len(posts) == 1


def test_notes_beyond_the_first_page_are_looked_through(begun: Scene) -> None:
    world = begun.sandbox.world
    for number in range(150):
        merge_requests.create_note(world, world.users["dora"], begun.merge_request, f"remark {number}")
    begun.push({FILE: ACME})
    begun.push({FILE: ACME + "# again\n"})
    assert len(begun.notes) == 151


def test_note_runs_no_quick_action_and_mentions_nobody(begun: Scene) -> None:
    evil = ACME.replace("customer: Acme Corp", 'customer: "/close @dora <!-- psbot -->"')
    done = begun.push({FILE: evil, "engagements/@all.yml": "/merge\n"})
    assert done.exit_code == 2
    (note,) = begun.notes
    assert begun.merge_request.actions == []
    assert mentioned_names(note) == set()
    assert note.count("<!--") == 1


def test_plan_without_a_reading_token_is_made_as_if_gitlab_were_empty(begun: Scene) -> None:
    done = begun.push({FILE: ACME}, PSBOT_READ_TOKEN="")
    assert done.exit_code == 0
    (note,) = begun.notes
    assert "assumes that GitLab is empty" in note.replace("PSBOT\\_READ\\_TOKEN", "")
    assert begun.askers() == {NOTES}


def test_plan_without_a_token_for_notes_is_a_file(begun: Scene) -> None:
    done = begun.push({FILE: ACME}, "--out", "plan.md", PSBOT_NOTE_TOKEN="")
    assert (done.exit_code, begun.notes) == (0, [])
    assert "Kick-off: Acme Corp" in (begun.repository.folder / "plan.md").read_text()
    assert "PSBOT_NOTE_TOKEN is not set" in done.stderr


def test_plan_note_needs_a_merge_request_pipeline(begun: Scene) -> None:
    ended = begun.run(["plan", "--merge-request"], {})
    assert (ended.exit_code, "CI_MERGE_REQUEST_PROJECT_ID is not set" in ended.stderr) == (2, True)


def test_target_branch_that_was_not_fetched_is_said(begun: Scene) -> None:
    ended = begun.push({FILE: ACME}, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="release")
    assert (ended.exit_code, "git fetch origin" in ended.stderr) == (2, True)


# What a branch may try


def test_api_token_is_not_used_even_when_it_leaks_into_the_merge_request(begun: Scene) -> None:
    done = begun.push({FILE: ACME}, PSBOT_TOKEN=API_SECRET, GITLAB_TOKEN=API_SECRET)
    assert done.exit_code == 0
    assert begun.askers() == {READER, NOTES}
    assert API_SECRET not in done.output + "".join(begun.notes)


def test_branch_cannot_have_its_own_templates_or_config_used(begun: Scene) -> None:
    repository = begun.repository
    repository.git("switch", "--quiet", "main")
    for folder in ("config", "issue_templates"):
        shutil.copytree(ROOT / folder, repository.folder / folder)
    repository.commit({})
    repository.git("update-ref", "refs/remotes/origin/main", "main")
    repository.git("switch", "--quiet", "change")
    repository.git("merge", "--quiet", "--no-edit", "main")
    labels = (
        (ROOT / "config" / "blueprint.yml")
        .read_text()
        .replace('title: "Kick-off: {customer}"', 'title: "PWNED {customer}"')
    )
    tried: dict[str, str | None] = {
        FILE: ACME,
        "config/blueprint.yml": labels,
        "issue_templates/kick-off.md": "{% for each in range(9) %}PWNED{% endfor %}",
        "issue_templates/standup.md": "{{ nothing.like.that }}",
    }
    own = {"PSBOT_CONFIG_DIR": "config", "PSBOT_TEMPLATES_DIR": "./issue_templates"}
    done = begun.push(tried, "--format", "json", **own)
    assert done.exit_code == 0, done.output
    assert "PWNED" not in done.output + "".join(begun.notes)
    assert "Kick-off: Acme Corp" in begun.notes[0]
    said = " ".join(begun.notes[0].replace("\\", "").split())
    assert "changes issue_templates/. This plan uses issue_templates/ of main" in said
    assert "changes config/." in said


def test_branch_cannot_bring_templates_where_the_target_has_none(begun: Scene) -> None:
    evil = (ROOT / "issue_templates" / "kick-off.md").read_text() + "PWNED"
    done = begun.push(
        {FILE: ACME, "words/kick-off.md": evil}, "--format", "json", PSBOT_TEMPLATES_DIR="words"
    )
    assert done.exit_code == 0
    assert "PWNED" not in done.output
    assert "main does not have words/ yet" in begun.notes[0]


def test_branch_cannot_have_a_file_of_the_runner_read(begun: Scene) -> None:
    (begun.repository.folder / "engagements" / "evil.yml").symlink_to("/proc/self/environ")
    done = begun.push({}, "--out", "plan.md")
    assert done.exit_code == 2
    assert "engagements/evil.yml is a symbolic link, which psbot does not follow" in begun.notes[0]
    for secret in (READ_SECRET, NOTE_SECRET):
        assert secret not in done.output + begun.notes[0]


@pytest.mark.parametrize(
    "name",
    [
        "engagements/--help.yml",
        "engagements/$(touch pwned).yml",
        "engagements/a b\n.yml",
        ":(top)engagements/x.yml",
    ],
)
def test_odd_names_of_files_are_names_of_files(begun: Scene, name: str) -> None:
    done = begun.push({name: ACME})
    assert done.exit_code == 0, done.output
    assert not (begun.repository.folder / "pwned").exists()
    assert len(begun.notes) == (0 if name.startswith(":") else 1)


# The merge


def test_apply_is_silent_when_nothing_has_moved_since_the_review(begun: Scene) -> None:
    begun.push({FILE: ACME})
    done = begun.merged()
    assert done.exit_code == 0, done.output
    assert "comparing with the plan in merge request !1" in done.stderr
    assert "since the plan was reviewed" not in done.stderr
    assert any(item.title == "Kick-off: Acme Corp" for item in begun.sandbox.world.items.values())


def test_apply_reports_what_changed_since_the_review(begun: Scene) -> None:
    begun.push({FILE: ACME})
    begun.repository.commit(
        {
            FILE: ACME.replace("kick_off_on: 2026-12-01", "kick_off_on: 2026-12-02").replace(
                "customer_contacts:", "skip: {welcome-email: sent}\ncustomer_contacts:"
            )
        }
    )
    done = begun.merged()
    assert done.exit_code == 0, done.output
    moved = [line for line in done.stderr.splitlines() if "since the plan was reviewed" in line]
    assert "psbot: acme-sow-142: since the plan was reviewed, create-child kick-off has changed" in moved
    assert (
        "psbot: acme-sow-142: since the plan was reviewed, create-child welcome-email is no longer planned"
        in moved
    )
    assert not any(" sign-off " in line for line in moved), moved


@pytest.mark.parametrize("lack", ["no token", "direct push", "somebody else's note", "unreadable"])
def test_apply_continues_without_a_reviewed_plan(begun: Scene, lack: str) -> None:
    begun.push({FILE: ACME})
    world, note = begun.sandbox.world, begun.merge_request.notes[0]
    env = {}
    if lack == "no token":
        env = {"PSBOT_NOTE_TOKEN": ""}
    elif lack == "direct push":
        begun.merge_request.target_branch = "release"
    elif lack == "somebody else's note":
        note.author = world.users["dora"]
    else:
        note.body = note.body.replace("data=", "data=x")
    done = begun.merged(**env)
    assert done.exit_code == 0, done.output
    assert "no plan to compare with" in done.stderr


def test_apply_goes_on_when_gitlab_refuses_to_show_the_merge_request(begun: Scene) -> None:
    begun.push({FILE: ACME})
    world = begun.sandbox.world
    world.add_member(begun.project, world.users[NOTES], AccessLevel.GUEST)
    done = begun.merged()
    assert done.exit_code == 0, done.output
    assert "the reviewed plan cannot be read" in done.stderr
    assert begun.askers() == {READER, NOTES, WRITER}


# The log


def test_log_of_a_pipeline_folds_each_engagement_and_ends_with_what_it_took(begun: Scene) -> None:
    planned = begun.push({FILE: ACME})
    assert planned.stdout.startswith("\x1b[0Ksection_start:")
    assert "requests, 1 note, " in planned.stderr.splitlines()[-1]
    applied = begun.merged()
    for mark in (
        "section_start:",
        ":acme_sow_142[collapsed=true]\r\x1b[0Kacme-sow-142: 12 items\n",
        "section_end:",
    ):
        assert mark in applied.stdout
    assert (
        "section_"
        not in begun.run(
            ["apply", "--format", "json"],
            pipeline_of_main(begun.project, "abc", begun.sandbox.url) | {"PSBOT_TOKEN": API_SECRET},
        ).stdout
    )


def test_terminal_gets_no_sections_and_no_sum(begun: Scene) -> None:
    env = {"PSBOT_TOKEN": API_SECRET, "PSBOT_GITLAB_URL": begun.sandbox.url}
    applied = begun.run(["apply"], env)
    assert "section_" not in applied.stdout
    assert "seconds" not in applied.stderr

"""An engagements repository in git, its GitLab project, and the accounts whose tokens its pipelines have."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from psbot.sandbox.rules import merge_requests
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.accounts import AccessLevel, Namespace, UserKind
from psbot.sandbox.state.project import MergeRequest
from psbot.sandbox.state.seed import GROUP, token_of

ENGAGEMENTS = "acme/engagements"
READER, WRITER, NOTES = "psbot-read-bot", "psbot-bot", "psbot-notes-bot"
READ_SECRET, NOTE_SECRET, API_SECRET = "glpat-only-reads", "glpat-writes-notes", token_of(WRITER)
# What git would ask of the machine it runs on: who commits, and nobody's own settings.
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Paul"), ("EMAIL", "paul@ps.example"))
    },
}


@dataclass
class Repository:
    """A clone: ``main`` is the target branch, as it was fetched too."""

    folder: Path

    @classmethod
    def begun(cls, folder: Path, files: dict[str, str] | None = None) -> "Repository":
        folder.mkdir(parents=True, exist_ok=True)
        made = cls(folder)
        made.git("init", "--quiet", "--initial-branch=main")
        made.commit(files or {"README.md": "Engagements\n"})
        made.git("update-ref", "refs/remotes/origin/main", "main")
        return made

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=os.environ | GIT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, files: dict[str, str | None]) -> None:
        for name, text in files.items():
            file = self.folder / name
            if text is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)

    def commit(self, files: dict[str, str] | dict[str, str | None]) -> str:
        """Commit everything there is and *files* besides, None to delete one; return the commit."""
        self.write(dict(files))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A change")
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str = "change", start: str = "main") -> None:
        self.git("switch", "--quiet", "--create", name, start)

    def merge(self, name: str = "change") -> str:
        self.git("switch", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "--no-edit", name)
        self.git("update-ref", "refs/remotes/origin/main", "main")
        return self.git("rev-parse", "HEAD")


def add_accounts(sandbox: Sandbox) -> Namespace:
    """Give *sandbox* the project and a token for each purpose; return the project."""
    world = sandbox.world
    project = world.ensure_namespace(ENGAGEMENTS, is_group=False)
    reader = world.add_user(READER, "psbot reads", UserKind.SERVICE_ACCOUNT)
    world.add_member(world.namespaces[GROUP], reader, AccessLevel.PLANNER)
    world.add_token(READ_SECRET, reader, ["read_api"])
    for username in ("dora", "paul"):
        world.add_member(project, world.users[username], AccessLevel.DEVELOPER)
    notes = world.add_user(NOTES, "psbot notes", UserKind.PROJECT_BOT)
    world.add_member(project, notes, AccessLevel.REPORTER)
    world.add_token(NOTE_SECRET, notes)
    return project


def proposed(sandbox: Sandbox, project: Namespace) -> MergeRequest:
    """Return a new merge request of paul's."""
    return merge_requests.create_merge_request(sandbox.world, project, sandbox.world.users["paul"])


def pipeline_of(merge_request: MergeRequest, commit: str, url: str) -> dict[str, str]:
    """Return the predefined variables of a merge request's pipeline."""
    number = str(merge_request.project.id)
    return {
        "GITLAB_CI": "true",
        "CI_SERVER_URL": url,
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_PROJECT_ID": number,
        "CI_PROJECT_PATH": merge_request.project.full_path,
        "CI_COMMIT_SHA": commit,
        "CI_DEFAULT_BRANCH": "main",
        "CI_MERGE_REQUEST_IID": str(merge_request.iid),
        "CI_MERGE_REQUEST_PROJECT_ID": number,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": number,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    }


def pipeline_of_main(project: Namespace, commit: str, url: str, source: str = "push") -> dict[str, str]:
    """Return the predefined variables of a pipeline of the default branch."""
    return {
        "GITLAB_CI": "true",
        "CI_SERVER_URL": url,
        "CI_PIPELINE_SOURCE": source,
        "CI_PROJECT_ID": str(project.id),
        "CI_PROJECT_PATH": project.full_path,
        "CI_COMMIT_REF_PROTECTED": "true",
        "CI_COMMIT_SHA": commit,
        "CI_COMMIT_BRANCH": "main",
        "CI_DEFAULT_BRANCH": "main",
    }

"""The plan of a merge request, and the default branch's look back at it; in a pipeline only."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from psbot.cli import session
from psbot.cli.options import write_report
from psbot.cli.signals import StopRequest
from psbot.core.plan.review import ReviewedPlan, build_reviewed_plan
from psbot.core.text.escape import replace_control_characters
from psbot.doctor.repository import NOTE_TOKEN, READ_TOKEN
from psbot.errors import ExitCode, GitLabError, PsbotError
from psbot.gitlab.merge_requests import MergeRequests
from psbot.gitlab.rest import Rest
from psbot.gitlab.settings import SERVER_VARIABLE, TOKEN_VARIABLES
from psbot.merge_request.changed_files import (
    MergeRequest,
    ProposedChanges,
    find_merge_request,
    read_proposed_changes,
)
from psbot.merge_request.git import GitFiles
from psbot.merge_request.note import find_own_note, parse_reviewed, publish, with_marker
from psbot.report import merge_request_note

if TYPE_CHECKING:
    from psbot.cli.context import App
    from psbot.report.plan_rows import FilePlan


@dataclass(frozen=True, slots=True)
class MergeRequestReview:
    """One merge request under review: the app with the target branch's policy, and what the branch proposes."""

    app: App
    merge_request: MergeRequest
    proposed: ProposedChanges
    messages: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def has_token(self) -> bool:
        """Tell whether there is a token to compare with GitLab."""
        return bool(self.environment[TOKEN_VARIABLES[0]])


def environment_with_token(token: str) -> Mapping[str, str]:
    """Return an environment with the token of the variable *token* and no other; empty where it is not set."""
    server = os.environ.get(SERVER_VARIABLE, "")
    return {SERVER_VARIABLE: server, TOKEN_VARIABLES[0]: os.environ.get(token, "")}


@contextmanager
def open_review(app: App, files: tuple[Path, ...]) -> Iterator[MergeRequestReview]:
    """Yield the merge request of the pipeline; config and words are the target branch's, never the branch's own."""
    place = find_merge_request(os.environ)
    git = GitFiles(Path.cwd())
    target = git.resolve_commit(place.target)
    with TemporaryDirectory(prefix="psbot-") as folder:
        committed = TargetPolicy(git, target, Path(folder))
        trusted = replace(
            app,
            config_dir=committed.export_folder(app.config_dir),
            templates_dir=committed.export_folder(app.templates_dir),
        )
        found = read_proposed_changes(git, target, files, committed.requested, trusted.process)
        remarks = [
            f"{place.target_branch} has no {each}/ yet, so this plan uses what psbot brings with it."
            for each in committed.missing
        ]
        remarks += [
            f"This merge request changes {each}/. The plan uses {each}/ of {place.target_branch}; once merged, apply "
            "uses the new one."
            for each in found.policy_folders
        ]
        environment = environment_with_token(READ_TOKEN)
        if not environment[TOKEN_VARIABLES[0]]:
            remarks.append(f"{READ_TOKEN} is not set, so this plan is made as if GitLab were empty.")
        yield MergeRequestReview(trusted, place, found, tuple(remarks), environment)


@dataclass(frozen=True, slots=True)
class TargetPolicy:
    """Folders of the repository as the target branch has them; one outside the repository is taken as it is."""

    git: GitFiles
    target: str
    into: Path
    requested: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def export_folder(self, path: Path | None) -> Path | None:
        """Return where the committed files of *path* are; None where psbot's own are to be used."""
        inside = None if path is None else self.git.relative_path(path)
        if inside is None:
            return path
        self.requested.append(inside)
        written = self.into / str(len(self.requested))
        if self.git.write_folder(self.target, inside, written):
            return written
        self.missing.append(inside)
        return None


def publish_plans(
    under: MergeRequestReview,
    planned: list[FilePlan],
    failures: list[tuple[str, PsbotError]],
    out: Path | None,
) -> ExitCode:
    """Write the plans to the merge request and to *out*; return the exit code of that."""
    note = merge_request_note.PlanNote(
        planned, failures, under.proposed.retired, under.messages, under.merge_request.commit
    )
    seen = {each.plan.engagement: build_reviewed_plan(each.plan) for each in planned}
    body = with_marker(seen, merge_request_note.note_text(note, under.app.process.limits))
    if out is not None:
        write_report(out, body)
    environment = environment_with_token(NOTE_TOKEN)
    if not environment[TOKEN_VARIABLES[0]]:
        session.echo(f"{NOTE_TOKEN} is not set, so the plan is not written to the merge request")
        return ExitCode.DONE
    try:
        with _open_merge_requests(under.app, environment, under.merge_request.project) as found:
            done = publish(found, under.merge_request.iid, body, may_create=note.has_content)
    except PsbotError as error:
        session.echo(f"the plan could not be written to the merge request: {error}")
        return error.exit_code
    under.app.totals.notes += done == "written"
    session.echo(f"the plan in merge request !{under.merge_request.iid} is {done}")
    return ExitCode.DONE


@contextmanager
def _open_merge_requests(app: App, environment: Mapping[str, str], project: str) -> Iterator[MergeRequests]:
    with StopRequest() as stop, session.open_connection(app, environment, stop) as connection:
        yield MergeRequests(Rest(connection), project)


def fetch_reviewed(app: App) -> Mapping[str, ReviewedPlan]:
    """Return by engagement what reviewers saw in the merge request that the pipeline's commit came from.

    Where that cannot be told it is said, and nothing is returned: it stops no apply.
    """
    project, commit, branch = (
        os.environ.get(name, "") for name in ("CI_PROJECT_ID", "CI_COMMIT_SHA", "CI_COMMIT_BRANCH")
    )
    environment = environment_with_token(NOTE_TOKEN)
    if not (environment[TOKEN_VARIABLES[0]] and project and commit and branch):
        session.echo(f"no plan to compare with: {NOTE_TOKEN} is not set, or this is no pipeline of a branch")
        return {}
    try:
        with _open_merge_requests(app, environment, project) as found:
            iid = found.fetch_merged_iid(commit, branch)
            note = find_own_note(found, iid) if iid else None
    except GitLabError as error:
        session.echo(f"the plan that was reviewed cannot be read: {error}")
        return {}
    seen = parse_reviewed(note.body) if note else None
    if seen is None:
        where = (
            f"merge request !{iid} has no plan of psbot" if iid else "this commit came from no merge request"
        )
        session.echo(f"no plan to compare with: {where}")
        return {}
    session.echo(f"comparing with the plan in merge request !{iid}")
    return seen


def echo_differences(engagement: str, lines: tuple[str, ...]) -> None:
    """Say what is otherwise than reviewed."""
    for line in lines:
        session.echo(replace_control_characters(f"{engagement}: since the plan was reviewed, {line}"))

"""Posts the plan of a merge request, and compares with it on the default branch; only in a pipeline."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from psbot.cli.options import write_report
from psbot.cli.session import echo, open_connection
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
from psbot.merge_request.note import find_plan_note, parse_reviewed, publish, with_marker
from psbot.merge_request.target_policy import TargetPolicy
from psbot.report import merge_request_note

if TYPE_CHECKING:
    from psbot.cli.context import App
    from psbot.report.plan_rows import FilePlan


@dataclass(frozen=True, slots=True)
class MergeRequestReview:
    """A merge request under review: the app with the policy of the target branch, and what the branch proposes."""

    app: App
    merge_request: MergeRequest
    proposed: ProposedChanges
    messages: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def has_token(self) -> bool:
        """Tell whether there is a token to read GitLab."""
        return bool(self.environment[TOKEN_VARIABLES[0]])


def environment_with_token(token: str) -> Mapping[str, str]:
    """Return an environment with the token of the variable *token* and no other; it is empty if that is not set."""
    server = os.environ.get(SERVER_VARIABLE, "")
    return {SERVER_VARIABLE: server, TOKEN_VARIABLES[0]: os.environ.get(token, "")}


@contextmanager
def open_review(app: App, files: tuple[Path, ...]) -> Iterator[MergeRequestReview]:
    """Yield the merge request of the pipeline; config and templates are always those of the target branch."""
    merge_request = find_merge_request(os.environ)
    git = GitFiles(Path.cwd())
    target = git.resolve_commit(merge_request.target)
    with TemporaryDirectory(prefix="psbot-") as folder:
        committed = TargetPolicy(git, target, Path(folder))
        trusted = replace(
            app,
            config_dir=committed.export_folder(app.config_dir),
            templates_dir=committed.export_folder(app.templates_dir),
        )
        proposed = read_proposed_changes(git, target, files, committed.requested, trusted.process)
        messages = [
            f"{merge_request.target_branch} does not have {each}/ yet, so this plan uses psbot's own files."
            for each in committed.missing
        ]
        messages += [
            f"This merge request changes {each}/. This plan uses {each}/ of {merge_request.target_branch}; "
            "after the merge, apply uses the new version."
            for each in proposed.policy_folders
        ]
        environment = environment_with_token(READ_TOKEN)
        if not environment[TOKEN_VARIABLES[0]]:
            messages.append(f"{READ_TOKEN} is not set, so this plan assumes that GitLab is empty.")
        yield MergeRequestReview(trusted, merge_request, proposed, tuple(messages), environment)


def publish_plans(
    review: MergeRequestReview,
    planned: list[FilePlan],
    failures: list[tuple[str, PsbotError]],
    out: Path | None,
) -> ExitCode:
    """Post the plans to the merge request, write them to *out*, and return the exit code."""
    note = merge_request_note.PlanNote(
        planned, failures, review.proposed.retired, review.messages, review.merge_request.commit
    )
    seen = {each.plan.engagement: build_reviewed_plan(each.plan) for each in planned}
    body = with_marker(seen, merge_request_note.note_text(note, review.app.process.limits))
    if out is not None:
        write_report(out, body)
    environment = environment_with_token(NOTE_TOKEN)
    if not environment[TOKEN_VARIABLES[0]]:
        echo(f"{NOTE_TOKEN} is not set, so the plan is not posted to the merge request")
        return ExitCode.DONE
    try:
        with _open_merge_requests(review.app, environment, review.merge_request.project) as merge_requests:
            done = publish(
                merge_requests,
                review.merge_request.iid,
                body,
                may_create=note.has_content,
                machine_accounts=review.app.process.machine_accounts,
            )
    except PsbotError as error:
        echo(f"the plan could not be posted to the merge request: {error}")
        return error.exit_code
    review.app.totals.notes += done == "written"
    echo(f"the plan in merge request !{review.merge_request.iid} is {done}")
    return ExitCode.DONE


@contextmanager
def _open_merge_requests(app: App, environment: Mapping[str, str], project: str) -> Iterator[MergeRequests]:
    with StopRequest() as stop, open_connection(app, environment, stop) as connection:
        yield MergeRequests(Rest(connection), project)


def fetch_reviewed(app: App) -> Mapping[str, ReviewedPlan]:
    """Return the reviewed plans by engagement, from the merge request that the pipeline's commit belongs to.

    If they cannot be found, the reason is printed and the result is empty: apply continues without the comparison.
    """
    project, commit, branch = (
        os.environ.get(name, "") for name in ("CI_PROJECT_ID", "CI_COMMIT_SHA", "CI_COMMIT_BRANCH")
    )
    environment = environment_with_token(NOTE_TOKEN)
    if not (environment[TOKEN_VARIABLES[0]] and project and commit and branch):
        echo(f"no plan to compare with: {NOTE_TOKEN} is not set, or this is not a branch pipeline")
        return {}
    try:
        with _open_merge_requests(app, environment, project) as merge_requests:
            iid = merge_requests.fetch_merged_iid(commit, branch)
            note = find_plan_note(merge_requests, iid, app.process.machine_accounts) if iid else None
    except GitLabError as error:
        echo(f"the reviewed plan cannot be read: {error}")
        return {}
    seen = parse_reviewed(note.body) if note else None
    if seen is None:
        where = (
            f"merge request !{iid} has no psbot plan" if iid else "this commit belongs to no merge request"
        )
        echo(f"no plan to compare with: {where}")
        return {}
    echo(f"comparing with the plan in merge request !{iid}")
    return seen


def echo_differences(engagement: str, lines: tuple[str, ...]) -> None:
    """Print how the plan differs from the reviewed one."""
    for line in lines:
        echo(replace_control_characters(f"{engagement}: since the plan was reviewed, {line}"))

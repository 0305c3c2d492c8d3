"""The plan of a merge request, and the default branch's look back at it; in a pipeline only."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from psbot.cli import session as _gitlab
from psbot.cli.options import write_out
from psbot.cli.signals import Stop
from psbot.core.plan.review import Reviewed, reviewed
from psbot.core.text.escape import printable
from psbot.doctor.repository import NOTE_TOKEN, READ_TOKEN
from psbot.errors import Exit, GitLabError, PsbotError
from psbot.gitlab.merge_requests import MergeRequests
from psbot.gitlab.rest import Rest
from psbot.gitlab.settings import SERVER_VARIABLE, TOKEN_VARIABLES
from psbot.merge_request.changed_files import MergeRequest, Proposed, merge_request_of, proposed
from psbot.merge_request.git import GitFiles
from psbot.merge_request.note import marked, own, publish, read
from psbot.report import merge_request_note as plannote

if TYPE_CHECKING:
    from psbot.cli.context import App
    from psbot.report.plan_rows import Planned


@dataclass(frozen=True, slots=True)
class Review:
    """One merge request under review: the app with the target branch's policy, and what the branch proposes."""

    app: App
    place: MergeRequest
    proposed: Proposed
    remarks: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def has_token(self) -> bool:
        """Tell whether there is a token to compare with GitLab."""
        return bool(self.environment[TOKEN_VARIABLES[0]])


def environment_with(token: str) -> Mapping[str, str]:
    """Return an environment with the token of the variable *token* and no other; empty where it is not set."""
    server = os.environ.get(SERVER_VARIABLE, "")
    return {SERVER_VARIABLE: server, TOKEN_VARIABLES[0]: os.environ.get(token, "")}


@contextmanager
def review(app: App, files: tuple[Path, ...]) -> Iterator[Review]:
    """Yield the merge request of the pipeline; config and words are the target branch's, never the branch's own."""
    place = merge_request_of(os.environ)
    git = GitFiles(Path.cwd())
    target = git.commit(place.target)
    with TemporaryDirectory(prefix="psbot-") as folder:
        committed = _Committed(git, target, Path(folder))
        trusted = replace(
            app,
            config_dir=committed.folder(app.config_dir),
            templates_dir=committed.folder(app.templates_dir),
        )
        found = proposed(git, target, files, committed.asked, trusted.process)
        remarks = [
            f"{place.target_branch} has no {each}/ yet, so this plan uses what psbot brings with it."
            for each in committed.missing
        ]
        remarks += [
            f"This merge request changes {each}/. The plan uses {each}/ of {place.target_branch}; once merged, apply "
            "uses the new one."
            for each in found.policy
        ]
        environment = environment_with(READ_TOKEN)
        if not environment[TOKEN_VARIABLES[0]]:
            remarks.append(f"{READ_TOKEN} is not set, so this plan is made as if GitLab were empty.")
        yield Review(trusted, place, found, tuple(remarks), environment)


@dataclass(frozen=True, slots=True)
class _Committed:
    """Folders of the repository as the target branch has them; one outside the repository is taken as it is."""

    git: GitFiles
    target: str
    into: Path
    asked: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def folder(self, path: Path | None) -> Path | None:
        """Return where the committed files of *path* are; None where psbot's own are to be used."""
        inside = None if path is None else self.git.inside(path)
        if inside is None:
            return path
        self.asked.append(inside)
        written = self.into / str(len(self.asked))
        if self.git.write_folder(self.target, inside, written):
            return written
        self.missing.append(inside)
        return None


def publish_plans(
    under: Review, planned: list[Planned], failures: list[tuple[str, PsbotError]], out: Path | None
) -> Exit:
    """Write the plans to the merge request and to *out*; return the exit code of that."""
    note = plannote.Note(planned, failures, under.proposed.passages, under.remarks, under.place.commit)
    seen = {each.plan.engagement: reviewed(each.plan) for each in planned}
    body = marked(seen, plannote.text(note, under.app.process.limits))
    if out is not None:
        write_out(out, body)
    environment = environment_with(NOTE_TOKEN)
    if not environment[TOKEN_VARIABLES[0]]:
        _gitlab.say(f"{NOTE_TOKEN} is not set, so the plan is not written to the merge request")
        return Exit.DONE
    try:
        with _merge_requests(under.app, environment, under.place.project) as found:
            done = publish(found, under.place.iid, body, is_news=note.is_news)
    except PsbotError as error:
        _gitlab.say(f"the plan could not be written to the merge request: {error}")
        return error.exit_code
    under.app.tally.notes += done == "written"
    _gitlab.say(f"the plan in merge request !{under.place.iid} is {done}")
    return Exit.DONE


@contextmanager
def _merge_requests(app: App, environment: Mapping[str, str], project: str) -> Iterator[MergeRequests]:
    with Stop() as stop, _gitlab.connected(app, environment, stop) as connection:
        yield MergeRequests(Rest(connection), project)


def fetch_reviewed(app: App) -> Mapping[str, Reviewed]:
    """Return by engagement what reviewers saw in the merge request that the pipeline's commit came from.

    Where that cannot be told it is said, and nothing is returned: it stops no apply.
    """
    project, commit, branch = (
        os.environ.get(name, "") for name in ("CI_PROJECT_ID", "CI_COMMIT_SHA", "CI_COMMIT_BRANCH")
    )
    environment = environment_with(NOTE_TOKEN)
    if not (environment[TOKEN_VARIABLES[0]] and project and commit and branch):
        _gitlab.say(f"no plan to compare with: {NOTE_TOKEN} is not set, or this is no pipeline of a branch")
        return {}
    try:
        with _merge_requests(app, environment, project) as found:
            iid = found.fetch_merged(commit, branch)
            note = own(found, iid) if iid else None
    except GitLabError as error:
        _gitlab.say(f"the plan that was reviewed cannot be read: {error}")
        return {}
    seen = read(note.body) if note else None
    if seen is None:
        where = (
            f"merge request !{iid} has no plan of psbot" if iid else "this commit came from no merge request"
        )
        _gitlab.say(f"no plan to compare with: {where}")
        return {}
    _gitlab.say(f"comparing with the plan in merge request !{iid}")
    return seen


def say_moved(engagement: str, lines: tuple[str, ...]) -> None:
    """Say what is otherwise than reviewed."""
    for line in lines:
        _gitlab.say(printable(f"{engagement}: since the plan was reviewed, {line}"))

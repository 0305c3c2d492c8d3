"""Merge requests as far as a pipeline needs them: comments, and which merge request a commit came from.

The sandbox has no git: whoever creates a merge request names its commits.
"""

from collections.abc import Iterable

from psbot.sandbox.rules import access, quick_actions
from psbot.sandbox.rules.notes import MAX_NOTE_LENGTH
from psbot.sandbox.rules.refusals import Invalid
from psbot.sandbox.state.accounts import AccessLevel, Namespace, User
from psbot.sandbox.state.project import MergeRequest, MergeRequestNote
from psbot.sandbox.state.world import World


def create_merge_request(
    world: World,
    project: Namespace,
    author: User,
    *,
    title: str = "A change",
    source_branch: str = "change",
    target_branch: str = "main",
    commits: Iterable[str] = (),
) -> MergeRequest:
    """Create a merge request."""
    number = world.next_id(f"merge request iid {project.namespace_id}")
    merge_request = MergeRequest(
        world.next_id("merge request"),
        number,
        project,
        author,
        title,
        source_branch,
        target_branch,
        world.record_write(),
    )
    merge_request.commits.extend(commits)
    world.merge_requests[merge_request.id] = merge_request
    return merge_request


def merge_merge_request(world: World, merge_request: MergeRequest, *commits: str) -> None:
    """Merge it; *commits* are the commits of the merge on the target branch."""
    merge_request.state = "merged"
    merge_request.merged_at = world.record_write()
    merge_request.commits.extend(commits)


def list_merge_requests(world: World, project: Namespace) -> list[MergeRequest]:
    """Return the merge requests of *project*, the newest first."""
    return [one for one in reversed(world.merge_requests.values()) if one.project is project]


def can_read_merge_requests(world: World, user: User | None, project: Namespace) -> bool:
    """Tell whether the user may see merge requests: in a private project at least Planners (GitLab's permissions)."""
    return (
        project.visibility == "public" or access.max_access_level(world, user, project) >= AccessLevel.PLANNER
    )


def create_note(world: World, user: User, merge_request: MergeRequest, body: str) -> MergeRequestNote | None:
    """Create a note; None if it contains only quick actions. Raises Forbidden and Invalid."""
    access.require(
        can_read_merge_requests(world, user, merge_request.project) and not merge_request.project.is_read_only
    )
    text = _run_quick_actions(merge_request, body)
    if not text:
        return None
    at = world.record_write()
    note = MergeRequestNote(world.next_id("note"), merge_request, user, text, at, at)
    merge_request.notes.append(note)
    return note


def update_note(world: World, user: User, note: MergeRequestNote, body: str) -> None:
    """Edit a note: one's own, or any as a Maintainer. Raises Forbidden and Invalid."""
    role = access.max_access_level(world, user, note.merge_request.project)
    access.require((note.author is user or role >= AccessLevel.MAINTAINER) and not note.is_system)
    note.body = _run_quick_actions(note.merge_request, body)
    note.updated_at = world.record_write()


def _run_quick_actions(merge_request: MergeRequest, body: str) -> str:
    """Return the text to store; its quick actions are removed and recorded as run."""
    if len(body) > MAX_NOTE_LENGTH:
        raise Invalid({"note": [f"is too long (maximum is {MAX_NOTE_LENGTH} characters)"]})
    text, actions = quick_actions.extract(body)
    if not text.strip() and not actions:
        raise Invalid({"note": ["can't be blank"]})
    merge_request.actions.extend(each.name for each in actions)
    return text.strip()

"""Merge requests, as far as a pipeline meets them: who may comment, and which one a commit came from.

There is no git here: whoever makes a merge request says which commits it has.
"""

from collections.abc import Iterable

from psbot.sandbox.rules import access, quick_actions
from psbot.sandbox.rules.notes import LONGEST_NOTE
from psbot.sandbox.rules.refusals import Invalid
from psbot.sandbox.state.accounts import Access, Namespace, User
from psbot.sandbox.state.project import MergeNote, MergeRequest
from psbot.sandbox.state.world import World


def create(
    world: World,
    project: Namespace,
    author: User,
    *,
    title: str = "A change",
    source_branch: str = "change",
    target_branch: str = "main",
    commits: Iterable[str] = (),
) -> MergeRequest:
    """Make a merge request."""
    number = world.next_id(f"merge request iid {project.namespace_id}")
    made = MergeRequest(
        world.next_id("merge request"),
        number,
        project,
        author,
        title,
        source_branch,
        target_branch,
        world.tick(),
    )
    made.commits.extend(commits)
    world.merge_requests[made.id] = made
    return made


def merge(world: World, merge_request: MergeRequest, *commits: str) -> None:
    """Merge it; *commits* are what the merge has made on the target branch."""
    merge_request.state = "merged"
    merge_request.merged_at = world.tick()
    merge_request.commits.extend(commits)


def of_project(world: World, project: Namespace) -> list[MergeRequest]:
    """Return the merge requests of *project*, the newest first."""
    return [one for one in reversed(world.merge_requests.values()) if one.project is project]


def can_read(world: World, user: User | None, project: Namespace) -> bool:
    """Tell whether the user sees merge requests: in a private project from Planner up (GitLab's permissions)."""
    return project.visibility == "public" or access.level(world, user, project) >= Access.PLANNER


def create_note(world: World, user: User, merge_request: MergeRequest, body: str) -> MergeNote | None:
    """Write a note; None when it held quick actions only. Raises Forbidden and Invalid."""
    access.require(can_read(world, user, merge_request.project) and not merge_request.project.is_read_only)
    text = _without_actions(merge_request, body)
    if not text:
        return None
    at = world.tick()
    note = MergeNote(world.next_id("note"), merge_request, user, text, at, at)
    merge_request.notes.append(note)
    return note


def update_note(world: World, user: User, note: MergeNote, body: str) -> None:
    """Edit a note; one's own, or any from Maintainer up. Raises Forbidden and Invalid."""
    role = access.level(world, user, note.merge_request.project)
    access.require((note.author is user or role >= Access.MAINTAINER) and not note.is_system)
    note.body = _without_actions(note.merge_request, body)
    note.updated_at = world.tick()


def _without_actions(merge_request: MergeRequest, body: str) -> str:
    """Return the text that is stored; quick actions leave it, and are remembered as run."""
    if len(body) > LONGEST_NOTE:
        raise Invalid({"note": [f"is too long (maximum is {LONGEST_NOTE} characters)"]})
    text, actions = quick_actions.extract(body)
    if not text.strip() and not actions:
        raise Invalid({"note": ["can't be blank"]})
    merge_request.actions.extend(each.name for each in actions)
    return text.strip()

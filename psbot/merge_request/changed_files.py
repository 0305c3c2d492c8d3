"""A merge request of an engagements repository: where it is, and what it does to engagement files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from psbot.engagements.loader import Loaded, parse_engagement, unique
from psbot.engagements.policy import Bounds
from psbot.errors import PsbotError
from psbot.merge_request.git import Change, GitFiles

_FOLDER = "engagements"
_NOT_IN_CI = "this works in a GitLab pipeline"


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """Where a pipeline runs, from GitLab's predefined variables (GitLab's documentation of them)."""

    project: str
    iid: int
    target_branch: str
    commit: str

    @property
    def target(self) -> str:
        """Return git's name of the target branch as it was fetched."""
        return f"refs/remotes/origin/{self.target_branch}"


def merge_request_of(environment: Mapping[str, str]) -> MergeRequest:
    """Return the merge request of the pipeline; raises PsbotError outside of one."""
    return MergeRequest(
        project=_known(environment, "CI_MERGE_REQUEST_PROJECT_ID"),
        iid=_number(environment, "CI_MERGE_REQUEST_IID"),
        target_branch=_known(environment, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        commit=_known(environment, "CI_COMMIT_SHA"),
    )


def _known(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise PsbotError(
            f"{name} is not set: {_NOT_IN_CI} of a merge request", "leave --merge-request out elsewhere"
        )
    return value


def _number(environment: Mapping[str, str], name: str) -> int:
    value = _known(environment, name)
    if not value.isdecimal():
        raise PsbotError(
            f"{name} is no number: {_NOT_IN_CI} of a merge request", "leave --merge-request out elsewhere"
        )
    return int(value)


@dataclass(frozen=True, slots=True)
class Passage:
    """An engagement file that goes away, or changes its name or its key; what is gone is None."""

    before: str
    after: str | None
    key: str | None
    new_key: str | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a merge request does: the files to plan, those whose name or key passes away, and the policy it changes."""

    loaded: Sequence[Loaded]
    passages: tuple[Passage, ...]
    policy: tuple[str, ...]


def proposed(
    git: GitFiles, target: str, given: Sequence[Path], policy: Iterable[str], bounds: Bounds
) -> Proposed:
    """Return what the branch does since it left *target*, a commit; *policy* are the folders of config and words.

    Engagement files are those below ``engagements/``, or in the folders of the files that were *given*.
    """
    branch = _Branch(git, target, frozenset(path.parent.as_posix() for path in given), bounds)
    changes = git.changes(target)
    loaded = unique(
        branch.read("HEAD", each.after) for each in changes if each.after and branch.counts(each.after)
    )
    return Proposed(
        loaded,
        tuple(branch.passages(changes, loaded)),
        tuple(sorted(folder for folder in policy if any(_below(each, folder) for each in changes))),
    )


def _below(change: Change, folder: str) -> bool:
    return any(path and PurePosixPath(path).is_relative_to(folder) for path in (change.before, change.after))


@dataclass(frozen=True, slots=True)
class _Branch:
    git: GitFiles
    target: str
    folders: frozenset[str]
    bounds: Bounds

    def counts(self, path: str) -> bool:
        """Tell whether *path* is an engagement file's."""
        parent = PurePosixPath(path).parent
        is_there = parent.as_posix() in self.folders if self.folders else parent.parts[:1] == (_FOLDER,)
        return is_there and path.endswith(".yml")

    def read(self, commit: str, path: str) -> Loaded:
        """Return the engagement file as committed; what is wrong with it is in the result."""
        try:
            return parse_engagement(path, self.git.text(commit, path), self.bounds)
        except PsbotError as error:
            return Loaded(path, error=error)

    def passages(self, changes: Iterable[Change], loaded: Iterable[Loaded]) -> Iterable[Passage]:
        """Yield what becomes of files that are no longer what they were; one that cannot be read says so itself."""
        keys = {each.file: each.engagement.key for each in loaded if each.engagement}
        places = {key: file for file, key in keys.items()}
        for change in changes:
            if change.before is None or not self.counts(change.before):
                continue
            was = self.read(self.target, change.before)
            key = was.engagement.key if was.engagement else None
            after = change.after if change.after in keys else places.get(key or "")
            if after is None and change.after == change.before:
                continue
            if after != change.before or keys[after] != key:
                yield Passage(change.before, after, key, keys.get(after or ""))

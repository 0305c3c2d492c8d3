"""A merge request of an engagements repository: where it is, and what it does to engagement files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from psbot.engagements.loader import LoadResult, parse_engagement, reject_duplicate_keys
from psbot.engagements.policy import FilePolicy
from psbot.errors import PsbotError
from psbot.merge_request.git import ChangedFile, GitFiles

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


def find_merge_request(environment: Mapping[str, str]) -> MergeRequest:
    """Return the merge request of the pipeline; raises PsbotError outside of one."""
    return MergeRequest(
        project=_require_variable(environment, "CI_MERGE_REQUEST_PROJECT_ID"),
        iid=_require_number(environment, "CI_MERGE_REQUEST_IID"),
        target_branch=_require_variable(environment, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        commit=_require_variable(environment, "CI_COMMIT_SHA"),
    )


def _require_variable(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise PsbotError(
            f"{name} is not set: {_NOT_IN_CI} of a merge request", "leave --merge-request out elsewhere"
        )
    return value


def _require_number(environment: Mapping[str, str], name: str) -> int:
    value = _require_variable(environment, name)
    if not value.isdecimal():
        raise PsbotError(
            f"{name} is no number: {_NOT_IN_CI} of a merge request", "leave --merge-request out elsewhere"
        )
    return int(value)


@dataclass(frozen=True, slots=True)
class RetiredFile:
    """An engagement file that goes away, or changes its name or its key; what is gone is None."""

    before: str
    after: str | None
    key: str | None
    new_key: str | None = None


@dataclass(frozen=True, slots=True)
class ProposedChanges:
    """What a merge request does: the files to plan, those whose name or key passes away, and the policy it changes."""

    loaded: Sequence[LoadResult]
    retired: tuple[RetiredFile, ...]
    policy_folders: tuple[str, ...]


def read_proposed_changes(
    git: GitFiles, target: str, given: Sequence[Path], policy_folders: Iterable[str], file_policy: FilePolicy
) -> ProposedChanges:
    """Return what the branch does since it left *target*, a commit; *policy* are the folders of config and words.

    Engagement files are those below ``engagements/``, or in the folders of the files that were *given*.
    """
    branch = _Branch(git, target, frozenset(path.parent.as_posix() for path in given), file_policy)
    changes = git.changed_files(target)
    loaded = reject_duplicate_keys(
        branch.read("HEAD", each.after)
        for each in changes
        if each.after and branch.is_engagement_file(each.after)
    )
    return ProposedChanges(
        loaded,
        tuple(branch.retired_files(changes, loaded)),
        tuple(
            sorted(folder for folder in policy_folders if any(_is_below(each, folder) for each in changes))
        ),
    )


def _is_below(change: ChangedFile, folder: str) -> bool:
    return any(path and PurePosixPath(path).is_relative_to(folder) for path in (change.before, change.after))


@dataclass(frozen=True, slots=True)
class _Branch:
    git: GitFiles
    target: str
    folders: frozenset[str]
    file_policy: FilePolicy

    def is_engagement_file(self, path: str) -> bool:
        """Tell whether *path* is an engagement file's."""
        parent = PurePosixPath(path).parent
        is_there = parent.as_posix() in self.folders if self.folders else parent.parts[:1] == (_FOLDER,)
        return is_there and path.endswith(".yml")

    def read(self, commit: str, path: str) -> LoadResult:
        """Return the engagement file as committed; what is wrong with it is in the result."""
        try:
            return parse_engagement(path, self.git.read_text(commit, path), self.file_policy)
        except PsbotError as error:
            return LoadResult(path, error=error)

    def retired_files(
        self, changes: Iterable[ChangedFile], loaded: Iterable[LoadResult]
    ) -> Iterable[RetiredFile]:
        """Yield what becomes of files that are no longer what they were; one that cannot be read says so itself."""
        keys = {each.file: each.engagement.key for each in loaded if each.engagement}
        places = {key: file for file, key in keys.items()}
        for change in changes:
            if change.before is None or not self.is_engagement_file(change.before):
                continue
            was = self.read(self.target, change.before)
            key = was.engagement.key if was.engagement else None
            after = change.after if change.after in keys else places.get(key or "")
            if after is None and change.after == change.before:
                continue
            if after != change.before or keys[after] != key:
                yield RetiredFile(change.before, after, key, keys.get(after or ""))

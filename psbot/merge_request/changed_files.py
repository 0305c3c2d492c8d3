"""Which engagement files a merge request changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from psbot.engagements.loader import LoadResult, check_portfolio, parse_engagement
from psbot.engagements.policy import FilePolicy
from psbot.errors import PsbotError
from psbot.merge_request.git import ChangedFile, GitFiles

_FOLDER = "engagements"
_OUTSIDE = "omit --merge-request outside merge request pipelines"


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """The merge request of a pipeline, from GitLab's predefined variables."""

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
        raise PsbotError(f"{name} is not set: this is not a merge request pipeline", _OUTSIDE)
    return value


def _require_number(environment: Mapping[str, str], name: str) -> int:
    value = _require_variable(environment, name)
    if not value.isdecimal():
        raise PsbotError(f"{name} is not a number: this is not a merge request pipeline", _OUTSIDE)
    return int(value)


@dataclass(frozen=True, slots=True)
class RetiredFile:
    """An engagement file that is deleted, renamed, or gets another key; ``after`` is None where it is deleted."""

    before: str
    after: str | None
    key: str | None
    new_key: str | None = None


@dataclass(frozen=True, slots=True)
class ProposedChanges:
    """What a merge request changes: the files to plan, files whose name or key is retired, and policy folders."""

    loaded: Sequence[LoadResult]
    retired: tuple[RetiredFile, ...]
    policy_folders: tuple[str, ...]


def read_proposed_changes(
    git: GitFiles, target: str, given: Sequence[Path], policy_folders: Iterable[str], file_policy: FilePolicy
) -> ProposedChanges:
    """Return what the branch changes since it branched off *target*, a commit.

    *policy_folders* are the folders of config and templates. Engagement files are those below ``engagements/``, or in
    the folders of the files that were *given*.
    """
    branch = _Branch(git, target, frozenset(path.parent.as_posix() for path in given), file_policy)
    changes = git.changed_files(target)
    loaded = check_portfolio(
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
        """Tell whether *path* is the path of an engagement file."""
        parent = PurePosixPath(path).parent
        is_inside = parent.as_posix() in self.folders if self.folders else parent.parts[:1] == (_FOLDER,)
        return is_inside and path.endswith(".yml")

    def read(self, commit: str, path: str) -> LoadResult:
        """Return the engagement file as committed; its problems are in the result."""
        try:
            return parse_engagement(path, self.git.read_text(commit, path), self.file_policy)
        except PsbotError as error:
            return LoadResult(path, error=error)

    def retired_files(
        self, changes: Iterable[ChangedFile], loaded: Iterable[LoadResult]
    ) -> Iterable[RetiredFile]:
        """Yield files that are deleted, renamed or get another key; unreadable files are reported elsewhere."""
        keys = {each.file: each.engagement.key for each in loaded if each.engagement}
        files = {key: file for file, key in keys.items()}
        for change in changes:
            if change.before is None or not self.is_engagement_file(change.before):
                continue
            before = self.read(self.target, change.before)
            key = before.engagement.key if before.engagement else None
            after = change.after if change.after in keys else files.get(key or "")
            if after is None and change.after == change.before:
                continue
            if after != change.before or keys[after] != key:
                yield RetiredFile(change.before, after, key, keys.get(after or ""))

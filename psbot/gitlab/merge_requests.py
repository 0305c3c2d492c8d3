"""The notes of a merge request, and which one a commit came from, through REST."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from psbot.errors import GitLabError
from psbot.gitlab.rest import Rest, Thing, path_of

_MERGED = "merged"
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class MergeNote:
    """A note on a merge request; ``author`` is the account's id."""

    id: int
    author: int
    body: str


@dataclass(frozen=True, slots=True)
class MergeRequests:
    """The merge requests of one project, by its id or full path."""

    rest: Rest
    project: str

    def fetch_account(self) -> int:
        """Return the id of the token's account."""
        return _number(self.rest.get("/user"), "id")

    def fetch_notes(self, iid: int) -> Sequence[MergeNote]:
        """Return the comments on a merge request, oldest first; GitLab's own system notes are left out."""
        found = self.rest.pages(self._notes(iid), sort="asc", order_by="created_at")
        return tuple(
            MergeNote(_number(each, "id"), _author(each), _text(each, "body"))
            for each in found
            if each.get("system") is False
        )

    def fetch_merged(self, commit: str, branch: str) -> int | None:
        """Return the number of the merge request that brought *commit* to *branch*, the last one of several."""
        if not _COMMIT.fullmatch(commit):
            return None
        where = path_of("projects", self.project, "repository", "commits", commit, "merge_requests")
        found = [
            (_text(each, "merged_at"), _number(each, "iid"))
            for each in self.rest.pages(where)
            if each.get("state") == _MERGED and each.get("target_branch") == branch
        ]
        return max(found)[1] if found else None

    def create_note(self, iid: int, body: str) -> None:
        """Post a note; raises as :meth:`Rest.write` does."""
        self.rest.write("post", self._notes(iid), {"body": body})

    def update_note(self, iid: int, note: int, body: str) -> None:
        """Edit a note; raises as :meth:`Rest.write` does."""
        self.rest.write("put", self._notes(iid, note), {"body": body})

    def _notes(self, iid: int, *note: int) -> str:
        return path_of("projects", self.project, "merge_requests", iid, "notes", *note)


def _number(thing: Thing, name: str) -> int:
    value = thing.get(name)
    if not isinstance(value, int):
        raise GitLabError(f"GitLab answered without {name}", "the answer is incomplete; run again later")
    return value


def _text(thing: Thing, name: str) -> str:
    value = thing.get(name)
    if not isinstance(value, str):
        raise GitLabError(f"GitLab answered without {name}", "the answer is incomplete; run again later")
    return value


def _author(thing: Thing) -> int:
    author = thing.get("author")
    return _number(author if isinstance(author, dict) else {}, "id")

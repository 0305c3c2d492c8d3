"""Merge requests through REST: their notes, and the one that a commit came from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from psbot.errors import GitLabError
from psbot.gitlab.rest import JsonObject, Rest, url_path

_MERGED = "merged"
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class MergeRequestNote:
    """A note on a merge request; ``author`` is the account's id, ``username`` its name."""

    id: int
    author: int
    body: str
    username: str = ""


@dataclass(frozen=True, slots=True)
class MergeRequests:
    """The merge requests of one project, by its id or full path."""

    rest: Rest
    project: str

    def fetch_account(self) -> int:
        """Return the id of the token's account."""
        return _number(self.rest.get("/user"), "id")

    def fetch_notes(self, iid: int) -> Sequence[MergeRequestNote]:
        """Return the comments on a merge request, oldest first; GitLab's own system notes are left out."""
        found = self.rest.fetch_all(self._notes_path(iid), sort="asc", order_by="created_at")
        return tuple(
            MergeRequestNote(
                _number(each, "id"), _number(_author(each), "id"), _text(each, "body"), _username(each)
            )
            for each in found
            if each.get("system") is False
        )

    def is_bot(self, account: int) -> bool:
        """Tell whether GitLab flags the account with the id *account* as a bot or service account."""
        return self.rest.get(url_path("users", account)).get("bot") is True

    def fetch_merged_iid(self, commit: str, branch: str) -> int | None:
        """Return the number of the merge request that merged *commit* into *branch*, the last one of several."""
        if not _COMMIT.fullmatch(commit):
            return None
        where = url_path("projects", self.project, "repository", "commits", commit, "merge_requests")
        found = [
            (_text(each, "merged_at"), _number(each, "iid"))
            for each in self.rest.fetch_all(where)
            if each.get("state") == _MERGED and each.get("target_branch") == branch
        ]
        return max(found)[1] if found else None

    def create_note(self, iid: int, body: str) -> None:
        """Post a note; raises as :meth:`Rest.write` does."""
        self.rest.write("post", self._notes_path(iid), {"body": body})

    def update_note(self, iid: int, note: int, body: str) -> None:
        """Edit a note; raises as :meth:`Rest.write` does."""
        self.rest.write("put", self._notes_path(iid, note), {"body": body})

    def _notes_path(self, iid: int, *note: int) -> str:
        return url_path("projects", self.project, "merge_requests", iid, "notes", *note)


def _number(thing: JsonObject, name: str) -> int:
    value = thing.get(name)
    if not isinstance(value, int):
        raise GitLabError(f"GitLab's answer has no {name}", "the answer is incomplete; run again later")
    return value


def _text(thing: JsonObject, name: str) -> str:
    value = thing.get(name)
    if not isinstance(value, str):
        raise GitLabError(f"GitLab's answer has no {name}", "the answer is incomplete; run again later")
    return value


def _author(thing: JsonObject) -> JsonObject:
    author = thing.get("author")
    return author if isinstance(author, dict) else {}


def _username(thing: JsonObject) -> str:
    found = _author(thing).get("username")
    return found if isinstance(found, str) else ""

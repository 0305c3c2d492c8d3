"""The two ports to GitLab, `Reader` and `Writer`, and their errors; a function that is given a reader cannot write."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from psbot.core.model.history import Activity, History
from psbot.core.model.labels import LabelSpec
from psbot.core.model.work_item import WorkItem
from psbot.errors import ExitCode, GitLabError, PsbotError
from psbot.gitlab.values import (
    Access,
    AccountLookup,
    Audience,
    Comment,
    ItemUpdate,
    Membership,
    NewItem,
    NewNote,
    NoteEdit,
    Page,
    PageRequest,
    WriteResult,
)


class RateLimited(GitLabError):
    """GitLab asks for a longer pause than this run may wait; the result of the request is unknown."""

    exit_code = ExitCode.LIMIT

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message, "run again later; psbot resumes where it stopped")
        self.seconds = seconds


class Unclear(GitLabError):
    """The answer to a write does not say whether GitLab carried it out."""


class Refused(GitLabError):
    """GitLab refused a write clearly: nothing of it was carried out."""


class HiddenAnswer(GitLabError):
    """GitLab has listed an item, but does not show a part of it that a decision needs."""

    def __init__(self, hidden: str, consequence: str, engagement: str = "") -> None:
        prefix = f"{engagement}: " if engagement else ""
        super().__init__(
            f"{prefix}GitLab does not show {hidden}, which it has just listed", f"run again; {consequence}"
        )


class LimitReached(PsbotError):
    """The run stopped at a limit, or on request; the next run continues."""

    exit_code = ExitCode.LIMIT


class Reader(Protocol):
    """Reads. Every method raises GitLabError for an answer that is an error, malformed or incomplete."""

    def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
        """Return who the token is, what it may do in *group* and *projects*, and the labels of *label_group*."""

    def fetch_labels(self, group: str) -> Mapping[str, str] | None:
        """Return the labels of *group* and its ancestors, title to global id; None where it is not visible."""

    def fetch_pages(self, group: str, page_requests: Sequence[PageRequest]) -> Sequence[Page]:
        """Return one page for each of *page_requests*, of items of *group* and below, in one request."""

    def fetch_item(self, namespace: str, iid: int) -> WorkItem | None:
        """Return one item by its namespace and number; None where GitLab shows none."""

    def fetch_activity(self, group: str, gids: Sequence[str]) -> Mapping[str, Activity]:
        """Return, by global id, what was done to items since their creation; unknown ids are left out."""

    def fetch_histories(
        self, group: str, items: Mapping[str, str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return, by global id, the label and state events of *items*; items that are not visible are left out.

        *items* are keys by global id, *labels* global ids by title.
        """

    def fetch_whole_histories(
        self, group: str, gids: Sequence[str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return, by global id, everything done to and written on items; items that are not visible are left out.

        *labels* are global ids by title. The events name items by their global ids.
        """

    def fetch_comments(self, group: str, gids: Sequence[str]) -> Mapping[str, Sequence[Comment]]:
        """Return, by global id, what was written on items, oldest first; items that are not visible are left out."""

    def fetch_accounts(self, usernames: Sequence[str], memberships: Sequence[Membership]) -> AccountLookup:
        """Return which of the accounts and *memberships* exist."""

    def fetch_audiences(self, projects: Sequence[str]) -> Mapping[str, Audience]:
        """Return who can read *projects*; those that are not visible are left out."""


class Writer(Protocol):
    """Writes, one request a call, never repeated; the answers come in the order of what was asked for.

    Every method raises Refused when nothing was done, RateLimited or Unclear when that is not known.
    """

    def create_labels(self, group: str, specs: Sequence[LabelSpec]) -> Sequence[WriteResult]:
        """Create labels in *group*."""

    def create_items(self, items: Sequence[NewItem]) -> Sequence[WriteResult]:
        """Create work items."""

    def update_items(self, updates: Sequence[ItemUpdate]) -> Sequence[WriteResult]:
        """Update work items."""

    def create_notes(self, notes: Sequence[NewNote]) -> Sequence[WriteResult]:
        """Post notes."""

    def update_notes(self, edits: Sequence[NoteEdit]) -> Sequence[WriteResult]:
        """Edit notes."""


class ProbeWriter(Writer, Protocol):
    """A writer that can also delete, for what a probe has created itself."""

    def delete_items(self, gids: Sequence[str]) -> Sequence[WriteResult]:
        """Delete work items."""

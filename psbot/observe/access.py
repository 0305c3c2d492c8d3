"""What the token lacks for an engagement, all at once, each with what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from psbot.core.model.engagement import Engagement
from psbot.errors import GitLabError
from psbot.gitlab.values import Access, Account, Place

PLANNER = 15  # GitLab's number of the role that may write items and labels


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is missing in GitLab, and how to mend it."""

    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what}; {self.mend}"


def check_access(access: Access, engagement: Engagement) -> None:
    """Raise GitLabError with everything that keeps psbot from working on *engagement*."""
    if found := list(lacks(access, engagement)):
        raise _lacking(found)


def check_project(access: Access, path: str, name: str) -> None:
    """Raise GitLabError with everything that keeps psbot from making issues in the project *path*, given as *name*."""
    if found := [*_project(access, path, name)]:
        raise _lacking(found)


def _lacking(found: list[Lack]) -> GitLabError:
    mends = dict.fromkeys(each.mend for each in found)
    return GitLabError("; ".join(each.what for each in found), "; ".join(mends))


def lacks(access: Access, engagement: Engagement) -> Iterator[Lack]:
    """Yield what is missing: places that are not seen, roles that are too low, an edition without epics."""
    gitlab = engagement.gitlab
    yield from _group(access, gitlab.group)
    projects = {gitlab.project: "gitlab.project", gitlab.internal: "gitlab.internal_project"}
    for path, name in projects.items():
        yield from _project(access, path, name)


def unseen(path: str, field_name: str) -> Lack:
    """Return the lack of a place that GitLab does not show."""
    return Lack(
        f"GitLab shows no {path} ({field_name})",
        "check the path, and that the token's account is a member there",
    )


def _project(access: Access, path: str, name: str) -> Iterator[Lack]:
    place = access.projects.get(path)
    yield from _place(place, path, name, access.account)
    if place is not None and place.item_type is None:
        yield Lack(f"{path} has no issues", "switch issues on in the project's settings")


def _group(access: Access, group: str) -> Iterator[Lack]:
    yield from _place(access.group, group, "gitlab.group", access.account)
    if access.group is not None and access.group.item_type is None:
        yield Lack(
            f"{group} has no epics: this GitLab edition or subscription does not include them",
            "psbot needs GitLab Premium or Ultimate for the group",
        )


def _place(place: Place | None, path: str, field_name: str, account: Account) -> Iterator[Lack]:
    if place is None:
        yield unseen(path, field_name)
        return
    if place.level < PLANNER:
        yield Lack(
            f"the role of {account.author.username} in {path} is too low",
            "give the account the role Planner or more",
        )
    if place.is_archived:
        yield Lack(f"{path} is archived", "unarchive it, or take the engagement's file away")

"""What the token needs for an engagement and does not have: all of it at once, each with its fix."""

from collections.abc import Iterator
from dataclasses import dataclass

from psbot.core.model.engagement import Engagement
from psbot.errors import GitLabError
from psbot.gitlab.values import Access, Account, NamespaceAccess

PLANNER = 15  # GitLab's access level of the role that may write items and labels


@dataclass(frozen=True, slots=True)
class AccessProblem:
    """One thing that keeps psbot from working in GitLab, and how to fix it."""

    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.problem}; {self.fix}"


def check_access(access: Access, engagement: Engagement) -> None:
    """Raise GitLabError with everything that keeps psbot from working on *engagement*."""
    if found := list(find_problems(access, engagement)):
        raise _error_of(found)


def check_project(access: Access, path: str, name: str) -> None:
    """Raise GitLabError with everything that keeps psbot from creating issues in *path*, which *name* configures."""
    if found := [*_project_problems(access, path, name)]:
        raise _error_of(found)


def _error_of(found: list[AccessProblem]) -> GitLabError:
    fixes = dict.fromkeys(each.fix for each in found)
    return GitLabError("; ".join(each.problem for each in found), "; ".join(fixes))


def find_problems(access: Access, engagement: Engagement) -> Iterator[AccessProblem]:
    """Yield what is missing: groups and projects that are not visible, roles that are too low, epics."""
    gitlab = engagement.gitlab
    yield from _group_problems(access, gitlab.group)
    projects = {gitlab.project: "gitlab.project", gitlab.internal: "gitlab.internal_project"}
    for path, name in projects.items():
        yield from _project_problems(access, path, name)


def not_visible(path: str, field_name: str) -> AccessProblem:
    """Return the problem of a group or project that GitLab does not show."""
    return AccessProblem(
        f"{path} ({field_name}) does not exist or is not visible to the token",
        "check the path, which may have been renamed, and that the token's account is a member and its network allowed",
    )


def _project_problems(access: Access, path: str, name: str) -> Iterator[AccessProblem]:
    namespace = access.projects.get(path)
    yield from _namespace_problems(namespace, path, name, access.account)
    if namespace is not None and namespace.item_type_gid is None:
        yield AccessProblem(f"{path} has no issues", "enable issues in the project's settings")


def _group_problems(access: Access, group: str) -> Iterator[AccessProblem]:
    yield from _namespace_problems(access.group, group, "gitlab.group", access.account)
    if access.group is not None and access.group.item_type_gid is None:
        yield AccessProblem(
            f"{group} has no epics: this GitLab edition or subscription does not include them",
            "psbot needs GitLab Premium or Ultimate for the group",
        )


def _namespace_problems(
    namespace: NamespaceAccess | None, path: str, field_name: str, account: Account
) -> Iterator[AccessProblem]:
    if namespace is None:
        yield not_visible(path, field_name)
        return
    if namespace.access_level < PLANNER:
        yield AccessProblem(
            f"{account.author.username} needs at least the Planner role in {path}",
            "change the role of the account",
        )
    if namespace.is_archived:
        yield AccessProblem(f"{path} is archived", "unarchive it, or remove the engagement file")

"""CI/CD settings of a project through REST: branches, variables, schedules; no value of a variable is kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psbot.gitlab.node import Node
from psbot.gitlab.rest import JsonObject, Rest, url_path

ALL_ENVIRONMENTS = "*"  # the environment scope of a variable that every job gets
_BRANCH_PREFIX = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Project:
    """A project; ``default_branch`` is None where GitLab does not show it, ``ancestor_groups`` are nearest first."""

    path: str
    default_branch: str | None
    ancestor_groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """Whether a branch is protected, by whatever rule, and whether the role Developer may merge into it."""

    is_protected: bool
    developers_can_merge: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """The settings of a CI/CD variable, without its value."""

    key: str
    is_protected: bool
    is_masked: bool
    is_hidden: bool
    environment: str


@dataclass(frozen=True, slots=True)
class ScheduleOwner:
    """The account that a schedule runs as."""

    id: int
    username: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """A pipeline schedule; ``variable_value`` is empty without the variable, None where GitLab hides variables."""

    id: int
    branch: str
    is_active: bool
    owner: ScheduleOwner | None
    variable_value: str | None


@dataclass(frozen=True, slots=True)
class CiSettings:
    """The CI/CD settings of one project, by its id or full path. Every method raises GitLabError."""

    rest: Rest
    project: str

    def fetch_project(self) -> Project:
        """Return the project."""
        found = Node(self.rest.get(url_path("projects", self.project)), "project")
        above = found.node("namespace")
        path = above.text("full_path") if above.text("kind") == "group" else ""
        parts = path.split("/") if path else []
        groups = tuple("/".join(parts[:count]) for count in range(len(parts), 0, -1))
        # Left out below the role Reporter (GitLab, lib/api/entities/basic_project_details.rb).
        branch = found.text_or_none("default_branch") if "default_branch" in found.value else None
        return Project(found.text("path_with_namespace"), branch, groups)

    def fetch_branch(self, name: str) -> Branch:
        """Return how the branch *name* is protected."""
        where = url_path("projects", self.project, "repository", "branches", name)
        found = Node(self.rest.get(where), "branch")
        return Branch(found.boolean("protected"), found.boolean("developers_can_merge"))

    def fetch_variables(self) -> Sequence[Variable]:
        """Return the project's own variables; GitLab shows them to Maintainers."""
        return _parse_variables(self.rest.fetch_all(url_path("projects", self.project, "variables")))

    def fetch_group_variables(self, group: str) -> Sequence[Variable]:
        """Return the variables of *group*; GitLab shows them to its Owners."""
        return _parse_variables(self.rest.fetch_all(url_path("groups", group, "variables")))

    def fetch_schedules(self, variable: str) -> Sequence[Schedule]:
        """Return the schedules, each with its value of *variable*; GitLab shows that for one schedule at a time."""
        where = url_path("projects", self.project, "pipeline_schedules")
        listed = [Node(each, "schedule").number("id") for each in self.rest.fetch_all(where)]
        return [_parse_schedule(self.rest.get(where + url_path(each)), variable) for each in listed]

    def fetch_roles(self, accounts: Sequence[int]) -> Mapping[int, int]:
        """Return the access level by account id; accounts that are not members, direct or inherited, are left out."""
        if not accounts:
            return {}
        where = url_path("projects", self.project, "members", "all")
        query = {"user_ids[]": [str(each) for each in accounts]}
        members = [Node(each, "member") for each in self.rest.fetch_all(where, **query)]
        return {each.number("id"): each.number("access_level") for each in members}


def _parse_variables(found: Iterator[JsonObject]) -> Sequence[Variable]:
    return [_parse_variable(Node(each, "variable")) for each in found]


def _parse_variable(found: Node) -> Variable:
    return Variable(
        found.text("key"),
        found.boolean("protected"),
        found.boolean("masked"),
        found.value.get("hidden") is True,  # GitLab before 17.6 has no hidden variables
        str(
            found.value.get("environment_scope") or ALL_ENVIRONMENTS
        ),  # a group's has it in some editions only
    )


def _parse_schedule(thing: JsonObject, variable: str) -> Schedule:
    found = Node(thing, "schedule")
    owner = found.node_or_none("owner")
    return Schedule(
        id=found.number("id"),
        branch=found.text("ref").removeprefix(_BRANCH_PREFIX),
        is_active=found.boolean("active"),
        owner=None if owner is None else _parse_owner(owner),
        variable_value=_variable_value(found, variable) if "variables" in thing else None,
    )


def _parse_owner(found: Node) -> ScheduleOwner:
    return ScheduleOwner(found.number("id"), found.text("username"), found.text("state") == "active")


def _variable_value(found: Node, variable: str) -> str:
    values = (each.text("value") for each in found.nodes("variables") if each.text("key") == variable)
    return next(values, "")

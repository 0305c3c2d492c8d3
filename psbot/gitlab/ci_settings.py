"""What a project's pipelines are given and started by, through REST; no value of a variable leaves this module."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psbot.gitlab.decode import Node
from psbot.gitlab.rest import Rest, Thing, path_of

EVERYWHERE = "*"  # the environment scope of a variable that every job gets
_HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Project:
    """A project: its path, its default branch (None where GitLab does not show it), the groups above, nearest first."""

    path: str
    default_branch: str | None
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """Whether a branch is protected, by whatever rule, and whether the role Developer may merge into it."""

    is_protected: bool
    developers_merge: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """A CI/CD variable as it is set up; its value is not in here."""

    key: str
    is_protected: bool
    is_masked: bool
    is_hidden: bool
    environment: str


@dataclass(frozen=True, slots=True)
class Owner:
    """The account that a schedule runs as."""

    id: int
    username: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """A pipeline schedule; ``run`` is the value of one variable, empty without it, None where GitLab hides them."""

    id: int
    branch: str
    is_active: bool
    owner: Owner | None
    run: str | None


@dataclass(frozen=True, slots=True)
class Pipelines:
    """The pipelines of one project, by its id or full path. Every method raises GitLabError."""

    rest: Rest
    project: str

    def fetch_project(self) -> Project:
        """Return the project."""
        found = Node(self.rest.get(path_of("projects", self.project)), "project")
        above = found.node("namespace")
        path = above.text("full_path") if above.text("kind") == "group" else ""
        parts = path.split("/") if path else []
        groups = tuple("/".join(parts[:count]) for count in range(len(parts), 0, -1))
        # Left out below the role Reporter (GitLab, lib/api/entities/basic_project_details.rb).
        branch = found.text_or_none("default_branch") if "default_branch" in found.value else None
        return Project(found.text("path_with_namespace"), branch, groups)

    def fetch_branch(self, name: str) -> Branch:
        """Return how the branch *name* is protected."""
        where = path_of("projects", self.project, "repository", "branches", name)
        found = Node(self.rest.get(where), "branch")
        return Branch(found.flag("protected"), found.flag("developers_can_merge"))

    def fetch_variables(self) -> Sequence[Variable]:
        """Return the project's own variables; GitLab shows them to Maintainers."""
        return _variables(self.rest.pages(path_of("projects", self.project, "variables")))

    def fetch_group_variables(self, group: str) -> Sequence[Variable]:
        """Return the variables of *group*; GitLab shows them to its Owners."""
        return _variables(self.rest.pages(path_of("groups", group, "variables")))

    def fetch_schedules(self, variable: str) -> Sequence[Schedule]:
        """Return the schedules, each with its value of *variable*; GitLab tells that one schedule at a time."""
        where = path_of("projects", self.project, "pipeline_schedules")
        listed = [Node(each, "schedule").number("id") for each in self.rest.pages(where)]
        return [_schedule(self.rest.get(where + path_of(each)), variable) for each in listed]

    def fetch_roles(self, accounts: Sequence[int]) -> Mapping[int, int]:
        """Return GitLab's number of the role by account; who is no member, inherited ones counted, is left out."""
        if not accounts:
            return {}
        where = path_of("projects", self.project, "members", "all")
        asked = {"user_ids[]": [str(each) for each in accounts]}
        members = [Node(each, "member") for each in self.rest.pages(where, **asked)]
        return {each.number("id"): each.number("access_level") for each in members}


def _variables(found: Iterator[Thing]) -> Sequence[Variable]:
    return [_variable(Node(each, "variable")) for each in found]


def _variable(found: Node) -> Variable:
    return Variable(
        found.text("key"),
        found.flag("protected"),
        found.flag("masked"),
        found.value.get("hidden") is True,  # GitLab before 17.6 has no hidden variables
        str(found.value.get("environment_scope") or EVERYWHERE),  # a group's has it in some editions only
    )


def _schedule(thing: Thing, variable: str) -> Schedule:
    found = Node(thing, "schedule")
    owner = found.optional("owner")
    return Schedule(
        id=found.number("id"),
        branch=found.text("ref").removeprefix(_HEADS),
        is_active=found.flag("active"),
        owner=None if owner is None else _owner(owner),
        run=_value(found, variable) if "variables" in thing else None,
    )


def _owner(found: Node) -> Owner:
    return Owner(found.number("id"), found.text("username"), found.text("state") == "active")


def _value(found: Node, variable: str) -> str:
    values = (each.text("value") for each in found.nodes("variables") if each.text("key") == variable)
    return next(values, "")

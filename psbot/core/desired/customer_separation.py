"""Whether customers are kept apart: which engagements put an epic where another engagement's customer can read it.

A member of a project can read every epic that is not confidential, and comment on it, in the group of the project and
in all groups above: GitLab gives ``read_group`` to members of any project below a group, and ``read_epic`` to everybody
with ``read_group`` (app/policies/group_policy.rb@55eb439f of GitLab 19.0 or 19.1,
app/policies/concerns/find_group_projects.rb@07b1e269, ee/app/policies/ee/group_policy.rb@326a2be2).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from psbot.core.model.engagement import Engagement

NOT_SEPARATED = "customers-not-separated"
SEPARATE_GROUPS = (
    "give each customer a subgroup with both projects below it, and have no epics in the groups above; "
    "if nobody from the customer is a member of the project, set gitlab.shared_with_customer: false"
)
_MAX_NAMED = 3  # engagements named before the rest is counted


def groups_above(path: str) -> Iterator[str]:
    """Yield the groups above *path*, the nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def is_same_customer(one: Engagement, other: Engagement) -> bool:
    """Tell whether both engagements name the same customer; case and spaces do not matter."""
    return _customer(one) == _customer(other)


def separation_problems(engagements: Iterable[Engagement]) -> Mapping[str, Sequence[str]]:
    """Return, by engagement key, which epics of other customers its customer can read, and who can read its own.

    Engagements that are separated are left out. A file whose customer has no members gets no message; what others can
    read because of it is a message of theirs.
    """
    layout = _Layout()
    portfolio = list(engagements)
    for each in portfolio:
        layout.add(each)
    found = {each.key: tuple(layout.problems_of(each)) for each in portfolio}
    return {key: problems for key, problems in found.items() if problems}


@dataclass(frozen=True, slots=True)
class _Layout:
    """The engagements by the group of their epic and, if their customer has members, by each group above the project.

    Paths are in lower case, as GitLab's paths ignore case.
    """

    epics: dict[str, list[Engagement]] = field(default_factory=lambda: defaultdict(list))
    readers: dict[str, list[Engagement]] = field(default_factory=lambda: defaultdict(list))

    def add(self, engagement: Engagement) -> None:
        self.epics[engagement.gitlab.group.casefold()].append(engagement)
        if engagement.gitlab.has_customer_members:
            for group in _readable_groups(engagement):
                self.readers[group].append(engagement)

    def problems_of(self, engagement: Engagement) -> Iterator[str]:
        if not engagement.gitlab.has_customer_members:
            return
        customer = engagement.customer
        groups = _readable_groups(engagement)
        readable = [
            other
            for group in groups
            for other in self.epics.get(group, ())
            if not is_same_customer(engagement, other)
        ]
        if readable:
            yield (
                f"as a member of {engagement.gitlab.project}, {customer} ({engagement.file}) can read the epic of "
                f"{_names(readable)}: its title, description, dates, labels and public comments"
            )
        # Where each of two customers can read the other's epic, each file has its message already.
        readers = [
            other
            for other in self.readers.get(engagement.gitlab.group.casefold(), ())
            if other.gitlab.group.casefold() not in groups and not is_same_customer(engagement, other)
        ]
        if readers:
            yield (
                f"the epic of {customer} ({engagement.file}) in {engagement.gitlab.group} can be read by the members "
                f"of projects below, such as those from {_names(readers)}"
            )


def _readable_groups(engagement: Engagement) -> tuple[str, ...]:
    """Return the groups whose epics the customer can read."""
    return tuple(groups_above(engagement.gitlab.project.casefold()))


def _customer(engagement: Engagement) -> str:
    return " ".join(engagement.customer.casefold().split())


def _names(engagements: Sequence[Engagement]) -> str:
    named = [f"{each.customer} ({each.file}) in {each.gitlab.group}" for each in engagements[:_MAX_NAMED]]
    more = len(engagements) - len(named)
    return f"{', '.join(named)}{f' and {more} more' if more else ''}"

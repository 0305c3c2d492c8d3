"""Check that customers are kept apart: in the engagement files, and in the groups above their projects in GitLab."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from psbot.core.desired.customer_separation import SEPARATE_GROUPS, groups_above, separation_problems
from psbot.core.model.engagement import Engagement
from psbot.core.text.marker import parse_marker
from psbot.core.text.quantity import quantity
from psbot.doctor.check import Check, CheckResult
from psbot.gitlab.reader import GitLabReader
from psbot.gitlab.values import GroupEpics

_MAX_NAMED = 3  # epics and customers named before the rest is counted


def check_separation(engagements: Mapping[str, Engagement]) -> Iterator[Check]:
    """Yield what is wrong between the files: *engagements* by file name."""
    problems = separation_problems(engagements.values())
    for file, engagement in engagements.items():
        for message in problems.get(engagement.key, ()):
            yield Check(file, CheckResult.WARNING, message, SEPARATE_GROUPS)


def check_groups_above(reader: GitLabReader, engagements: Collection[Engagement]) -> Iterator[Check]:
    """Yield the groups above the engagements' groups that have epics: customers of projects below can read them.

    Epics of the engagements themselves are left out: :func:`check_separation` reports them where it is wrong.
    """
    readers = _readers_by_group(engagements)
    found = reader.fetch_group_epics(sorted(readers))
    keys = {each.key for each in engagements}
    for group in sorted(readers):
        if (epics := found.get(group)) is None:
            yield Check(
                group,
                CheckResult.UNKNOWN,
                f"{group} is not visible to the token: it may have epics that {_names(readers[group])} can read",
                f"make the account of the token a member of {group}, or check its epics yourself",
            )
        elif message := _readable_epics(group, epics, keys, readers[group]):
            fix = (
                f"move them out of {group}, or make them confidential; if nobody from the customer is a member of the "
                "project, set gitlab.shared_with_customer: false"
            )
            yield Check(group, CheckResult.WARNING, message, fix)


def _readers_by_group(engagements: Iterable[Engagement]) -> Mapping[str, Sequence[str]]:
    """Return the customers with members below, by each group above their project other than that of their epic."""
    readers: dict[str, dict[str, None]] = {}
    for each in engagements:
        if each.gitlab.has_customer_members:
            for group in groups_above(each.gitlab.project):
                if group.casefold() != each.gitlab.group.casefold():
                    readers.setdefault(group, {})[f"{each.customer} ({each.file})"] = None
    return {group: tuple(names) for group, names in readers.items()}


def _readable_epics(
    group: str, epics: GroupEpics, keys: Collection[str], readers: Sequence[str]
) -> str | None:
    """Return the message about the epics of *group* that are not those of the engagements *keys*; None without any."""
    markers = {iid: parse_marker(description) for iid, description in epics.descriptions.items()}
    others = [iid for iid, marker in markers.items() if marker is None or marker.engagement not in keys]
    count = epics.total_count - len(markers) + len(others)
    if count <= 0:
        return None
    named = [f"{group}&{iid}" for iid in others[:_MAX_NAMED]]
    more = [f"{count - len(named)} more"] if count > len(named) else []
    return f"{_names(readers)} can read {quantity(count, 'epic')} of {group}: {', '.join(named + more)}"


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMED
    return f"{', '.join(names[:_MAX_NAMED])}{f' and {more} more' if more > 0 else ''}"

"""Observes engagements: what GitLab has of each, from lists that the engagements of a group share.

psbot plans nothing from a partial read: a list that is shorter than GitLab counts, a group or project that is not
visible, an edition without epics, and child items with markers but without an epic are errors.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import groupby

from psbot.core.identity.human_activity import human_activity
from psbot.core.model.engagement import Engagement
from psbot.core.model.item import Item
from psbot.core.model.process import Process
from psbot.errors import GitLabError
from psbot.gitlab.ports import Reader
from psbot.observe.access import check_access
from psbot.observe.group import GroupReader
from psbot.observe.observation import FULL, Observation, ObservationResult, ReadScope


def observe(reader: Reader, engagement: Engagement, process: Process) -> Observation:
    """Return what GitLab has of *engagement*; raises GitLabError where it cannot be read completely."""
    _, found = next(observe_many(reader, [engagement], process))
    if isinstance(found, GitLabError):
        raise found
    return found


def observe_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, scope: ReadScope = FULL
) -> Iterator[tuple[Engagement, ObservationResult]]:
    """Yield each engagement with its observation, or with the error that prevents it.

    Engagements of one group share their lists. Items wait in an unnamed temporary file, so that memory does not grow
    with the number of engagements.
    """
    by_group = sorted(engagements, key=lambda each: (each.gitlab.group, each.key))
    for group, members in groupby(by_group, key=lambda each: each.gitlab.group):
        yield from _observe_group(reader, group, list(members), process, scope)


def with_human_activity(
    reader: Reader, observation: Observation, group: str, items: Sequence[Item], process: Process
) -> Observation:
    """Return the observation with what GitLab knows about who has worked on *items*."""
    if not items:
        return observation
    activity = reader.fetch_activity(group, [item.gid for item in items if item.gid])
    known = {item.gid: human_activity(activity.get(item.gid or ""), process) for item in items}
    snapshot = observation.snapshot

    def with_activity(item: Item) -> Item:
        if item.gid not in known:
            return item
        found = activity.get(item.gid or "")
        note_count = len(found.notes) if found is not None else None
        return replace(item, human_activity=known[item.gid], note_count=note_count)

    return replace(
        observation,
        snapshot=replace(
            snapshot,
            children=tuple(map(with_activity, snapshot.children)),
            duplicates=tuple(map(with_activity, snapshot.duplicates)),
        ),
    )


def _observe_group(
    reader: Reader, group: str, engagements: list[Engagement], process: Process, scope: ReadScope
) -> Iterator[tuple[Engagement, ObservationResult]]:
    projects = [path for each in engagements for path in (each.gitlab.project, each.gitlab.internal)]
    label_group = engagements[0].gitlab.label_group
    accessible: list[Engagement] = []
    try:
        access = reader.fetch_access(group, projects, label_group)
        for engagement in engagements:
            try:
                check_access(access, engagement)
            except GitLabError as error:
                yield engagement, error
            else:
                accessible.append(engagement)
        if not accessible:
            return
        group_reader = GroupReader(reader, group, accessible, process, access, label_group, scope)
    except GitLabError as error:
        yield from ((engagement, error) for engagement in accessible or engagements)
        return
    with closing(group_reader):
        yield from group_reader.observations()

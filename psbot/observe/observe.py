"""GitLab → what an engagement has there: one observation each, from listings that a group's engagements share.

Nothing is planned from a partial read: a list that comes back shorter than GitLab counts, a place that cannot be
seen, an edition without epics, markers of children without an epic, each is an error.
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
    """Return what GitLab has of *engagement*; raises GitLabError where that cannot be seen for sure."""
    _, found = next(observe_many(reader, [engagement], process))
    if isinstance(found, GitLabError):
        raise found
    return found


def observe_many(
    reader: Reader, engagements: Iterable[Engagement], process: Process, scope: ReadScope = FULL
) -> Iterator[tuple[Engagement, ObservationResult]]:
    """Yield each engagement with its observation, or with the error that keeps it from being seen.

    Engagements of one group share the listings. Items wait in an unnamed temporary file, so memory does not grow
    with the number of engagements.
    """
    by_group = sorted(engagements, key=lambda each: (each.gitlab.group, each.key))
    for group, members in groupby(by_group, key=lambda each: each.gitlab.group):
        yield from _observe_group(reader, group, list(members), process, scope)


def with_human_activity(
    reader: Reader, observation: Observation, group: str, items: Sequence[Item], process: Process
) -> Observation:
    """Return the observation with what GitLab knows about who has touched *items*."""
    if not items:
        return observation
    acts = reader.fetch_activity(group, [item.gid for item in items if item.gid])
    known = {item.gid: human_activity(acts.get(item.gid or ""), process) for item in items}
    snapshot = observation.snapshot

    def told(item: Item) -> Item:
        return replace(item, human_activity=known.get(item.gid, item.human_activity))

    return replace(
        observation,
        snapshot=replace(
            snapshot,
            children=tuple(map(told, snapshot.children)),
            duplicates=tuple(map(told, snapshot.duplicates)),
        ),
    )


def _observe_group(
    reader: Reader, group: str, engagements: list[Engagement], process: Process, scope: ReadScope
) -> Iterator[tuple[Engagement, ObservationResult]]:
    places = [place for each in engagements for place in (each.gitlab.project, each.gitlab.internal)]
    label_group = engagements[0].gitlab.label_group
    sound: list[Engagement] = []
    try:
        access = reader.fetch_access(group, places, label_group)
        for engagement in engagements:
            try:
                check_access(access, engagement)
            except GitLabError as error:
                yield engagement, error
            else:
                sound.append(engagement)
        if not sound:
            return
        looked = GroupReader(reader, group, sound, process, access, label_group, scope)
    except GitLabError as error:
        yield from ((engagement, error) for engagement in sound or engagements)
        return
    with closing(looked):
        yield from looked.observations()

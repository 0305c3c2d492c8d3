"""Observation → plan, with what else has to be read where a decision hangs on it: one function a command that writes.

Each takes the facts of one engagement in the order in which they are found: where to read, the engagement, what was
observed, process, words, the instant.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from psbot.core import advance as carrying_on
from psbot.core import notices, phases, places
from psbot.core.desired import Words, desired
from psbot.core.engagement import Engagement
from psbot.core.findings import Finding
from psbot.core.history import Facts, Notice
from psbot.core.identity import Author, is_machine
from psbot.core.model import Item
from psbot.core.plan import Plan, in_doubt, plan
from psbot.core.process import Process
from psbot.errors import PsbotError
from psbot.forge.ports import Comment, ForgeReader
from psbot.observe import Observation, with_touches

Draw = Callable[[ForgeReader, Engagement, Observation, Process, Words, datetime], tuple[Plan, Observation]]
_ROUNDS = 5  # what was read may ask for more, and that again


def draw_up(  # noqa: PLR0917  see Draw
    reader: ForgeReader,
    engagement: Engagement,
    observation: Observation,
    process: Process,
    words: Words,
    now: datetime,
) -> tuple[Plan, Observation]:
    """Return the plan for what was observed; asks who touched items only where their fate hangs on it.

    Raises PsbotError where the file has another key, or names other places, than the engagement that is there.
    """
    check_places(engagement, observation, process)
    if ended := phases.over(observation.snapshot.epic, process):
        return Plan(engagement.key, findings=(ended, *observation.findings)), observation
    wanted = desired(engagement, process, now, words, observation.snapshot)
    if observation.snapshot.epic is None and (namesake := places.namesake(wanted, observation.titles)):
        raise PsbotError(
            f"{engagement.key}: {namesake} is the epic of the same customer and statement of work",
            "an engagement keeps its key: change engagement: back, or give another engagement its own sow",
        )
    doubtful = in_doubt(wanted, observation.snapshot, process)
    told = with_touches(reader, observation, engagement.gitlab.group, doubtful, process)
    drawn = plan(engagement, wanted, told.snapshot, process)
    return replace(drawn, findings=(*drawn.findings, *told.findings)), told


def draw_advance(  # noqa: PLR0917  see Draw
    reader: ForgeReader,
    engagement: Engagement,
    observation: Observation,
    process: Process,
    words: Words,
    now: datetime,
) -> tuple[Plan, Observation]:
    """Return the plan that moves the engagement on; reads histories only where a rule hangs on them.

    Raises PsbotError where the file names other places than the engagement that is there.
    """
    check_places(engagement, observation, process)
    if ended := _is_over(observation, process):
        return Plan(engagement.key, findings=(ended, *observation.findings)), observation
    twins = [each for each in observation.snapshot.duplicates if each.by_machine]
    told = with_touches(reader, observation, engagement.gitlab.group, twins, process)
    facts = facts_of(reader, engagement, told, process, now)
    drawn = carrying_on.advance(facts, words)
    return replace(drawn, findings=(*drawn.findings, *told.findings)), told


def facts_of(
    reader: ForgeReader, engagement: Engagement, observation: Observation, process: Process, now: datetime
) -> Facts:
    """Return what is known of an engagement, with every history that would make a difference.

    A history that GitLab does not show is None: what hangs on it could not be checked.
    """
    facts = Facts(engagement, process, observation.snapshot, now)
    gids = {item.key: item.gid for item in observation.snapshot.by_key().values() if item.gid}
    for _ in range(_ROUNDS):
        wanted = carrying_on.needed(facts)
        keys = wanted.items - facts.histories.items.keys()
        if not keys and not wanted.notices:
            break
        histories = facts.histories
        if keys:
            items = {gids[key]: key for key in sorted(keys) if key in gids}
            read = reader.fetch_histories(engagement.gitlab.group, items, observation.handles.labels)
            histories = replace(histories, items={**histories.items, **dict.fromkeys(keys), **read})
        if wanted.notices:
            log = carrying_on.log_of(observation.snapshot, process)
            histories = replace(histories, notices=_notices(reader, engagement, observation, process, log))
        facts = replace(facts, histories=histories)
    return facts


def _notices(
    reader: ForgeReader,
    engagement: Engagement,
    observation: Observation,
    process: Process,
    log: Item | None,
) -> tuple[Notice, ...]:
    """Return the notices that stand on the log."""
    if log is None or log.gid is None:
        return ()
    written = reader.fetch_comments(engagement.gitlab.group, [log.gid]).get(log.gid, ())
    return notices_among(written, observation.account.author, process)


def notices_among(written: Iterable[Comment], me: Author, process: Process) -> tuple[Notice, ...]:
    """Return psbot's notices among what was *written*; a comment of a person's is none, whatever it begins with."""

    def is_ours(author: Author | None) -> bool:
        return author is not None and (author == me or is_machine(author, process))

    named = [(notices.identity_of(each.body), each) for each in written if is_ours(each.author)]
    return tuple(
        Notice(name, each.body, each.gid, each.edited_by is not None and not is_ours(each.edited_by))
        for name, each in named
        if name
    )


def check_places(engagement: Engagement, observation: Observation, process: Process) -> None:
    """Raise PsbotError where the file names other places than the engagement that is there."""
    if moved := list(places.changed(engagement, observation.snapshot, process)):
        raise PsbotError(
            f"{engagement.key}: {'; '.join(moved)}",
            "an engagement stays where it began; change the file back",
        )


def _is_over(observation: Observation, process: Process) -> Finding | None:
    """Return the finding that the engagement has ended, as soon as psbot has accepted the end that the label shows."""
    epic = observation.snapshot.epic
    known = phases.accepted(epic, process.workflow)
    ended = phases.over(epic, process)
    is_accepted = known is not None and known.phase in process.workflow.final_phases
    return ended if is_accepted else None

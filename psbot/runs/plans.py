"""Observation → plan, with what else has to be read where a decision hangs on it: one function a command that writes.

Each takes the facts of one engagement in the order in which they are found: where to read, the engagement, what was
observed, process, words, the instant.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from psbot.core.desired.build import Words, desired
from psbot.core.desired.wrap_up import told_by
from psbot.core.identity import relocation as places
from psbot.core.model.engagement import Engagement
from psbot.core.model.history import History
from psbot.core.model.operations import Close
from psbot.core.model.process import Process
from psbot.core.plan.obsolete import duplicates, in_doubt
from psbot.core.plan.plan import Plan, in_order, plan
from psbot.core.records import phase as phases
from psbot.core.workflow import advance as carrying_on
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.ports import ForgeReader
from psbot.observe.histories import facts_of, histories_of
from psbot.observe.observation import Observation, Reach
from psbot.observe.observe import with_touches

Drawn = tuple[Plan, Observation]
Draw = Callable[[ForgeReader, Engagement, Observation, Process, Words, datetime], Drawn]


def draw_up(  # noqa: PLR0917  see Draw
    reader: ForgeReader,
    engagement: Engagement,
    observation: Observation,
    process: Process,
    words: Words,
    now: datetime,
) -> Drawn:
    """Return the plan for what was observed; asks who touched items only where their fate hangs on it.

    Raises PsbotError where the file has another key, or names other places, than the engagement that is there.
    """
    check_places(engagement, observation, process)
    if ended := phases.over(observation.snapshot.epic, process):
        return Plan(engagement.key, findings=(ended, *observation.findings)), observation
    histories = histories_of(reader, engagement, observation, told_by(observation.snapshot, process))
    _require(engagement, histories, told_by(observation.snapshot, process))
    wanted = desired(engagement, process, now, words, observation.snapshot, histories=histories)
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
) -> Drawn:
    """Return the plan that moves the engagement on; reads histories only where a rule hangs on them.

    It is empty where the look went no further than the epic, if that far: the engagement has ended, or nothing has
    moved. What was made twice at the same time is closed after the end too. Raises PsbotError where the file names
    other places than the engagement that is there.
    """
    check_places(engagement, observation, process)
    if ended := phases.ended(observation.snapshot.epic, process):
        closing, told = doubles(reader, engagement, observation, process)
        return Plan(engagement.key, in_order(closing), findings=(ended, *observation.findings)), told
    if observation.reach < Reach.CHILDREN:
        return Plan(engagement.key), observation
    _, told = doubles(reader, engagement, observation, process)
    facts = facts_of(reader, engagement, told, process, now)
    if None in facts.histories.items.values():
        after = carrying_on.progressed(facts).facts.observed
        _require(engagement, facts.histories.items, told_by(after, process))
    drawn = carrying_on.advance(facts, words)
    return replace(drawn, findings=(*drawn.findings, *told.findings)), replace(
        told, histories=facts.histories
    )


def doubles(
    reader: ForgeReader, engagement: Engagement, observation: Observation, process: Process
) -> tuple[tuple[Close, ...], Observation]:
    """Return what closes items that were made twice at the same time, and the observation with who touched them."""
    twins = [each for each in observation.snapshot.duplicates if each.by_machine]
    told = with_touches(reader, observation, engagement.gitlab.group, twins, process)
    return tuple(each for each in duplicates(told.snapshot, process) if isinstance(each, Close)), told


def _require(
    engagement: Engagement, histories: Mapping[str, History | None], telling: frozenset[str]
) -> None:
    """Raise GitLabError where GitLab hides a history from which words are written: they would stay as they are."""
    hidden = sorted(key for key in telling if histories.get(key, True) is None)
    if hidden:
        raise GitLabError(
            f"{engagement.key}: GitLab does not show what was done to {', '.join(hidden)}, which it has just listed",
            "run again; psbot writes no history that it has seen in part only",
        )


def check_places(engagement: Engagement, observation: Observation, process: Process) -> None:
    """Raise PsbotError where the file names other places than the engagement that is there."""
    if moved := list(places.changed(engagement, observation.snapshot, process)):
        raise PsbotError(
            f"{engagement.key}: {'; '.join(moved)}",
            "an engagement stays where it began; change the file back",
        )


class _Wordless:
    """Templates without words: findings hang on none, and rendering takes most of the time that drawing takes."""

    def render(self, _name: str, _facts: Mapping[str, object]) -> str:
        return ""

    def sections(self, _name: str) -> frozenset[str]:
        return frozenset()


WORDLESS = _Wordless()

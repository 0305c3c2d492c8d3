"""Observation → plan, with what else has to be read where a decision hangs on it: one function a command that writes.

Each takes the facts of one engagement in the order in which they are found: where to read, the engagement, what was
observed, process, words, the instant.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from psbot.core.desired.build import Renderer, build_desired
from psbot.core.desired.wrap_up import items_with_needed_history
from psbot.core.identity import relocation
from psbot.core.model.engagement import Engagement
from psbot.core.model.history import History
from psbot.core.model.operations import Close
from psbot.core.model.process import Process
from psbot.core.plan.duplicates import close_duplicates
from psbot.core.plan.plan import Plan, build_plan, sort_operations
from psbot.core.plan.unlisted import needs_activity_check
from psbot.core.records import phase
from psbot.core.workflow import advance
from psbot.errors import GitLabError, PsbotError
from psbot.gitlab.ports import Reader
from psbot.observe.histories import fetch_item_histories, gather_facts
from psbot.observe.observation import Depth, Observation
from psbot.observe.observe import with_human_activity

Planned = tuple[Plan, Observation]
Planner = Callable[[Reader, Engagement, Observation, Process, Renderer, datetime], Planned]


def plan_apply(  # noqa: PLR0917  see Draw
    reader: Reader,
    engagement: Engagement,
    observation: Observation,
    process: Process,
    templates: Renderer,
    now: datetime,
) -> Planned:
    """Return the plan for what was observed; asks who touched items only where their fate hangs on it.

    Raises PsbotError where the file has another key, or names other places, than the engagement that is there.
    """
    check_projects(engagement, observation, process)
    if ended := phase.final_phase_finding(observation.snapshot.epic, process):
        return Plan(engagement.key, findings=(ended, *observation.findings)), observation
    histories = fetch_item_histories(
        reader, engagement, observation, items_with_needed_history(observation.snapshot, process)
    )
    _require_visible_histories(
        engagement, histories, items_with_needed_history(observation.snapshot, process)
    )
    wanted = build_desired(engagement, process, now, templates, observation.snapshot, histories=histories)
    if observation.snapshot.epic is None and (
        namesake := relocation.epic_with_our_title(wanted, observation.epics_by_title)
    ):
        raise PsbotError(
            f"{engagement.key}: {namesake} is the epic of the same customer and statement of work",
            "an engagement keeps its key: change engagement: back, or give another engagement its own sow",
        )
    doubtful = needs_activity_check(wanted, observation.snapshot, process)
    told = with_human_activity(reader, observation, engagement.gitlab.group, doubtful, process)
    drawn = build_plan(engagement, wanted, told.snapshot, process)
    return replace(drawn, findings=(*drawn.findings, *told.findings)), told


def plan_advance(  # noqa: PLR0917  see Draw
    reader: Reader,
    engagement: Engagement,
    observation: Observation,
    process: Process,
    templates: Renderer,
    now: datetime,
) -> Planned:
    """Return the plan that moves the engagement on; reads histories only where a rule hangs on them.

    It is empty where the look went no further than the epic, if that far: the engagement has ended, or nothing has
    moved. What was made twice at the same time is closed after the end too. Raises PsbotError where the file names
    other places than the engagement that is there.
    """
    check_projects(engagement, observation, process)
    if ended := phase.accepted_final_phase_finding(observation.snapshot.epic, process):
        closing, told = plan_duplicates(reader, engagement, observation, process)
        return Plan(engagement.key, sort_operations(closing), findings=(ended, *observation.findings)), told
    if observation.depth < Depth.CHILDREN:
        return Plan(engagement.key), observation
    _, told = plan_duplicates(reader, engagement, observation, process)
    facts = gather_facts(reader, engagement, told, process, now)
    if None in facts.histories.by_item.values():
        after = advance.apply_rules(facts).facts.observed
        _require_visible_histories(
            engagement, facts.histories.by_item, items_with_needed_history(after, process)
        )
    drawn = advance.advance(facts, templates)
    return replace(drawn, findings=(*drawn.findings, *told.findings)), replace(
        told, histories=facts.histories
    )


def plan_duplicates(
    reader: Reader, engagement: Engagement, observation: Observation, process: Process
) -> tuple[tuple[Close, ...], Observation]:
    """Return what closes items that were made twice at the same time, and the observation with who touched them."""
    twins = [each for each in observation.snapshot.duplicates if each.is_created_by_machine]
    told = with_human_activity(reader, observation, engagement.gitlab.group, twins, process)
    return tuple(each for each in close_duplicates(told.snapshot, process) if isinstance(each, Close)), told


def _require_visible_histories(
    engagement: Engagement, histories: Mapping[str, History | None], telling: frozenset[str]
) -> None:
    """Raise GitLabError where GitLab hides a history from which words are written: they would stay as they are."""
    hidden = sorted(key for key in telling if histories.get(key, True) is None)
    if hidden:
        raise GitLabError(
            f"{engagement.key}: GitLab does not show what was done to {', '.join(hidden)}, which it has just listed",
            "run again; psbot writes no history that it has seen in part only",
        )


def check_projects(engagement: Engagement, observation: Observation, process: Process) -> None:
    """Raise PsbotError where the file names other places than the engagement that is there."""
    if moved := list(relocation.moved_projects(engagement, observation.snapshot, process)):
        raise PsbotError(
            f"{engagement.key}: {'; '.join(moved)}",
            "an engagement stays where it began; change the file back",
        )


class NullRenderer:
    """Templates without words: findings hang on none, and rendering takes most of the time that drawing takes."""

    def render(self, _name: str, _facts: Mapping[str, object]) -> str:
        """Return no text."""
        return ""

    def sections(self, _name: str) -> frozenset[str]:
        """Return no sections."""
        return frozenset()


NO_TEXT = NullRenderer()

"""From an observation to a plan: one planner for each command that writes, with the reads its decisions need."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from psbot.apply.preflight import MemberCheck, without_missing
from psbot.core.desired.build import Renderer, build_desired
from psbot.core.desired.wrap_up import items_with_needed_history
from psbot.core.identity import relocation
from psbot.core.identity.findings import UNMARKED_ITEMS
from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.history import History
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.operations import Close
from psbot.core.model.process import Process
from psbot.core.plan.duplicates import close_duplicates
from psbot.core.plan.plan import Plan, build_plan, sort_operations
from psbot.core.plan.unlisted import needs_activity_check
from psbot.core.records import ownership, phase
from psbot.core.workflow import advance
from psbot.errors import PsbotError
from psbot.gitlab.ports import HiddenAnswer, Reader
from psbot.observe.histories import fetch_item_histories, gather_facts
from psbot.observe.observation import Depth, Observation
from psbot.observe.observe import with_human_activity


@dataclass(frozen=True, slots=True)
class PlanInput:
    """What a planner is given: the facts of one engagement, and a reader for what else a decision needs."""

    reader: Reader
    engagement: Engagement
    observation: Observation
    process: Process
    templates: Renderer
    now: datetime
    member_check: MemberCheck = field(default_factory=MemberCheck)

    @property
    def snapshot(self) -> Snapshot:
        """Return the items that were observed."""
        return self.observation.snapshot

    def with_human_activity(self, items: Sequence[Item]) -> Observation:
        """Return the observation with what GitLab knows about who has worked on *items*."""
        group = self.engagement.gitlab.group
        return with_human_activity(self.reader, self.observation, group, items, self.process)

    def with_lost_assignees(self) -> "PlanInput":
        """Return the input in which items are marked from which GitLab has taken the assignee, a deleted account."""
        lost = {item: ownership.lost_assignees(item) for item in self.snapshot.items if item.is_open}
        names = sorted({name for each in lost.values() for name in each})
        if not names:
            return self
        known = self.reader.fetch_accounts(names, ()).gids
        gone = {(item.namespace, item.iid) for item, each in lost.items() if each and not each & known.keys()}

        def marked(item: Item) -> Item:
            return replace(item, has_lost_assignee=(item.namespace, item.iid) in gone)

        epic = self.snapshot.epic
        snapshot = replace(
            self.snapshot,
            epic=marked(epic) if epic else None,
            children=tuple(map(marked, self.snapshot.children)),
        )
        return replace(self, observation=replace(self.observation, snapshot=snapshot))

    def with_assignable(self, plan: Plan) -> Plan:
        """Return *plan* without assignments that GitLab would not carry out, and findings about them.

        A new engagement's plan keeps them: nothing of it is written until everybody can be assigned.
        """
        missing = self.member_check.find_missing(plan, self.reader)
        if not missing:
            return plan
        reported = without_missing(plan, missing)
        return replace(plan, findings=reported.findings) if self.snapshot.epic is None else reported

    def facts(self) -> Facts:
        """Return the facts as they were observed, without reading more."""
        observation = self.observation
        return Facts(self.engagement, self.process, observation.snapshot, self.now, observation.histories)


Planned = tuple[Plan, Observation]
Planner = Callable[[PlanInput], Planned]


def plan_apply(given: PlanInput) -> Planned:
    """Return the plan of ``psbot apply``; reads who has worked on items only where a decision depends on it.

    Raises PsbotError where the file has another key, or names other projects, than the engagement in GitLab.
    """
    engagement, process, observation = given.engagement, given.process, given.observation
    check_projects(engagement, observation, process)
    if ended := phase.final_phase_finding(given.snapshot.epic, process):
        return Plan(engagement.key, findings=(ended, *observation.findings)), observation
    given = given.with_lost_assignees()
    needed = items_with_needed_history(given.snapshot, process)
    histories = fetch_item_histories(given.reader, engagement, observation, needed)
    _require_visible_histories(engagement, histories, needed)
    desired = build_desired(
        engagement, process, given.now, given.templates, given.snapshot, histories=histories
    )
    if given.snapshot.epic is None:
        _check_is_new(engagement, relocation.epic_with_our_title(desired, observation.epics_by_title))
        same_title = relocation.unmarked_epic_finding(engagement, desired, observation.unmarked_epics)
        findings = (*([same_title] if same_title else []), *observation.findings)
        if same_title or any(each.code == UNMARKED_ITEMS for each in findings):
            return Plan(engagement.key, findings=findings), observation
    checked = given.with_human_activity(needs_activity_check(desired, given.snapshot, process))
    plan = build_plan(engagement, desired, checked.snapshot, process)
    plan = replace(plan, findings=(*plan.findings, *checked.findings))
    return given.with_assignable(plan), checked


def _check_is_new(engagement: Engagement, epic: str | None) -> None:
    """Raise PsbotError where the group has an epic with our title, under another key."""
    if epic:
        raise PsbotError(
            f"{engagement.key}: {epic} already exists for the same customer and statement of work",
            "to continue that engagement, restore its key under `engagement:`; for a new one, use another `sow:`",
        )


def plan_advance(given: PlanInput) -> Planned:
    """Return the plan of ``psbot advance``; reads histories only where a rule depends on them.

    It is empty where nothing below the epic was read: the engagement has ended, or nothing has changed. Duplicates
    are closed after the end too. Raises PsbotError where the file names other projects than the engagement in GitLab.
    """
    engagement, process, observation = given.engagement, given.process, given.observation
    check_projects(engagement, observation, process)
    if ended := phase.accepted_final_phase_finding(given.snapshot.epic, process):
        closing, checked = plan_duplicates(given)
        return Plan(
            engagement.key, sort_operations(closing), findings=(ended, *observation.findings)
        ), checked
    if observation.depth < Depth.CHILDREN:
        return Plan(engagement.key), observation
    _, checked = plan_duplicates(given)
    facts = gather_facts(given.reader, engagement, checked, process, given.now)
    if None in facts.histories.by_item.values():
        needed = items_with_needed_history(advance.apply_rules(facts).facts.observed, process)
        _require_visible_histories(engagement, facts.histories.by_item, needed)
    plan = advance.advance(facts, given.templates)
    findings = (*plan.findings, *checked.findings)
    return given.with_assignable(replace(plan, findings=findings)), replace(
        checked, histories=facts.histories
    )


def plan_duplicates(given: PlanInput) -> tuple[tuple[Close, ...], Observation]:
    """Return what closes duplicates of concurrent runs, and the observation with who has worked on them."""
    checked = given.with_human_activity(
        [each for each in given.snapshot.duplicates if each.is_created_by_machine]
    )
    operations = close_duplicates(checked.snapshot, given.process)
    return tuple(each for each in operations if isinstance(each, Close)), checked


def _require_visible_histories(
    engagement: Engagement, histories: Mapping[str, History | None], needed: frozenset[str]
) -> None:
    """Raise HiddenAnswer where GitLab hides a history that a text is written from: the text would stay outdated."""
    hidden = sorted(key for key in needed if histories.get(key, True) is None)
    if hidden:
        raise HiddenAnswer(
            f"the history of {', '.join(hidden)}",
            "psbot writes no history that it has read in part",
            engagement.key,
        )


def check_projects(engagement: Engagement, observation: Observation, process: Process) -> None:
    """Raise PsbotError where the file names other projects than the engagement in GitLab has."""
    if moved := list(relocation.moved_projects(engagement, observation.snapshot, process)):
        raise PsbotError(
            f"{engagement.key}: {'; '.join(moved)}",
            "an engagement keeps its projects: restore them in the file",
        )


class NullRenderer:
    """Templates without text, for findings alone: rendering takes most of the time of planning."""

    def render(self, _name: str, _facts: Mapping[str, object]) -> str:
        """Return no text."""
        return ""

    def sections(self, _name: str) -> frozenset[str]:
        """Return no sections."""
        return frozenset()


NO_TEXT = NullRenderer()

"""``psbot sign-off``: find the one sign-off that is meant, refuse what cannot be so, and draw what records it."""

from collections.abc import Sequence
from datetime import datetime

from psbot.core.desired.build import Renderer
from psbot.core.desired.schedule import Context, ScheduledItem
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.core.records import phase
from psbot.core.workflow.sign_off import (
    SignOffEntry,
    SignOffUpdate,
    problems_with,
    record_sign_off,
    sign_offs,
)
from psbot.errors import PsbotError
from psbot.gitlab.ports import Reader
from psbot.observe.observation import Observation
from psbot.runs.plans import Planned, Planner, check_projects


def plan_sign_off(entry: SignOffEntry) -> Planner:
    """Return the function that draws the plan which records *entry*.

    Raises PsbotError where no one sign-off is meant, where it is not in GitLab, and where *entry* cannot be so.
    """

    def draw(
        _reader: Reader,
        engagement: Engagement,
        observation: Observation,
        process: Process,
        words: Renderer,
        now: datetime,
    ) -> Planned:
        check_projects(engagement, observation, process)
        observed = observation.snapshot
        if ended := phase.final_phase_finding(observed.epic, process):
            raise PsbotError(f"{engagement.key}: {ended.message}", "nothing was recorded")
        situation = Context(engagement, process, engagement.today(now))
        draft = choose_sign_off(engagement, sign_offs(situation), entry.milestone)
        item, acceptance = observed.by_key().get(draft.key), process.workflow.rules.acceptance
        if item is None or acceptance is None:
            raise PsbotError(
                f"{engagement.key}: {draft.key} is not in GitLab", "apply the engagement file first"
            )
        signing = SignOffUpdate(
            situation, acceptance, item, process.catalogue.value("signoff", item.labels), entry
        )
        if reasons := list(problems_with(signing)):
            raise PsbotError(f"{engagement.key}: {'; '.join(reasons)}", "nothing was recorded")
        return record_sign_off(signing, observed, words), observation

    return draw


def choose_sign_off(
    engagement: Engagement, drafts: Sequence[ScheduledItem], milestone: str | None
) -> ScheduledItem:
    """Return the one of *drafts* that *milestone*, a name or key, means; raises PsbotError where it means none."""
    if not drafts:
        raise PsbotError(f"{engagement.key} has no sign-off", "see skip: in the engagement file")
    named = [(each, each.milestone) for each in drafts]
    names = ", ".join(repr(each.name) for _, each in named if each) or "none"
    if milestone is None:
        if len(drafts) > 1:
            raise PsbotError(
                f"{engagement.key} has several sign-offs", f"name one with --milestone; they are {names}"
            )
        return drafts[0]
    for draft, each in named:
        if each and milestone in (each.name, each.key):
            return draft
    raise PsbotError(f"{engagement.key} has no milestone {milestone!r} to sign off", f"it has {names}")

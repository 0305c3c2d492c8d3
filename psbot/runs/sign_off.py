"""``psbot sign-off``: find the one sign-off that is meant, refuse what cannot be so, and draw what records it."""

from collections.abc import Sequence
from datetime import datetime

from psbot.core.desired.build import Words
from psbot.core.desired.schedule import Draft, Situation
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.core.records import phase as phases
from psbot.core.workflow.sign_off import Entry, Signing, refusals, sign_offs, signed
from psbot.errors import PsbotError
from psbot.gitlab.ports import ForgeReader
from psbot.observe.observation import Observation
from psbot.runs.plans import Draw, Drawn, check_places


def draw_sign_off(entry: Entry) -> Draw:
    """Return the function that draws the plan which records *entry*.

    Raises PsbotError where no one sign-off is meant, where it is not in GitLab, and where *entry* cannot be so.
    """

    def draw(
        _reader: ForgeReader,
        engagement: Engagement,
        observation: Observation,
        process: Process,
        words: Words,
        now: datetime,
    ) -> Drawn:
        check_places(engagement, observation, process)
        observed = observation.snapshot
        if ended := phases.over(observed.epic, process):
            raise PsbotError(f"{engagement.key}: {ended.message}", "nothing was recorded")
        situation = Situation(engagement, process, engagement.today(now))
        draft = chosen(engagement, sign_offs(situation), entry.milestone)
        item, acceptance = observed.by_key().get(draft.key), process.workflow.table.acceptance
        if item is None or acceptance is None:
            raise PsbotError(
                f"{engagement.key}: {draft.key} is not in GitLab", "apply the engagement file first"
            )
        signing = Signing(situation, acceptance, item, process.catalogue.value("signoff", item.labels), entry)
        if reasons := list(refusals(signing)):
            raise PsbotError(f"{engagement.key}: {'; '.join(reasons)}", "nothing was recorded")
        return signed(signing, observed, words), observation

    return draw


def chosen(engagement: Engagement, drafts: Sequence[Draft], milestone: str | None) -> Draft:
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

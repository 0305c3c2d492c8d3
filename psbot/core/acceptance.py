"""The acceptance clock: a sign-off that was sent, and to which nobody objects in time, is accepted."""

from datetime import date

from psbot.core.coherence import refused
from psbot.core.guards import by_hand
from psbot.core.history import Facts
from psbot.core.model import Item
from psbot.core.progress import Progress
from psbot.core.workdays import Workdays


def accepted_on(sent_on: date, workdays: Workdays, business_days: int) -> date:
    """Return the day at whose end silence is acceptance; the day sent is day 1, or else the next business day."""
    return workdays.after(workdays.on_or_after(sent_on), business_days - 1)


def clocked(progress: Progress) -> Progress:
    """Return the progress after which sign-offs whose time is over are accepted passively."""
    acceptance = progress.facts.process.workflow.table.acceptance
    if acceptance is None:
        return progress
    for _, item in sorted(progress.facts.observed.by_key().items()):
        if progress.facts.process.catalogue.value("signoff", item.labels) == acceptance.sent:
            progress = _clocked(progress, item, acceptance.sent)
    return progress


def _clocked(progress: Progress, item: Item, sent: str) -> Progress:
    facts = progress.facts
    acceptance = facts.process.workflow.table.acceptance
    hand = facts.labelled_by(item, [facts.process.catalogue.title("signoff", sent)])
    answer = by_hand(hand, item, "signoff", f"{item.key} is {sent}")
    if answer.holds is None:
        return progress.unchecked(answer.reason, item, answer.needs)
    if not answer.holds or acceptance is None:
        return refused(progress, answer.disputes)
    since = sent_on(item, facts)
    last = accepted_on(since, facts.engagement.workdays, acceptance.passive_after)
    if facts.today <= last:
        return progress.asking(answer.needs)
    reason = (
        f"sent on {since}, and nobody objected by the end of business day {acceptance.passive_after}, {last}"
    )
    return progress.relabelled(item, "signoff", acceptance.passive, reason).asking(answer.needs)


def sent_on(item: Item, facts: Facts) -> date:
    """Return the day the marker remembers, else the day on which the label was set, at the engagement's home."""
    try:
        return date.fromisoformat(item.marker.memory.get("sent", "") if item.marker else "")
    except ValueError:
        acceptance = facts.process.workflow.table.acceptance
        titles = [facts.process.catalogue.title("signoff", acceptance.sent)] if acceptance else []
        at = facts.labelled_by(item, titles).at
        return facts.engagement.today(at or facts.now)

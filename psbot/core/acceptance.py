"""The acceptance clock: a sign-off that was sent, and to which nobody objects in time, is accepted."""

from datetime import date, datetime

from psbot.core.coherence import refused
from psbot.core.guards import by_hand
from psbot.core.history import Facts, Standing
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
    """Return the day the marker remembers, else the day on which the label was set, at the engagement's home.

    What is sent again after an objection has a clock of its own: then the marker remembers the time before.
    """
    at, ended_at = _sending(item, facts)
    try:
        remembered = date.fromisoformat(item.marker.memory.get("sent", "") if item.marker else "")
    except ValueError:
        remembered = None
    if remembered and (ended_at is None or facts.engagement.today(ended_at) <= remembered):
        return remembered
    return facts.engagement.today(at or facts.now)


def _sending(item: Item, facts: Facts) -> tuple[datetime | None, datetime | None]:
    """Return when it was sent, and when the time before had ended; None where that is not known, or was not.

    Where a machine gives back what an outsider took away, the clock goes on.
    """
    acceptance, history = facts.process.workflow.table.acceptance, facts.history(item)
    title = facts.process.catalogue.title("signoff", acceptance.sent) if acceptance else ""
    at = ended_at = off_at = None
    is_given_back = False
    for event in sorted(history.labels if history else (), key=lambda each: each.at):
        if event.title != title:
            continue
        standing = facts.hand(event).standing
        if not event.is_added:
            off_at, is_given_back = event.at, standing is Standing.OUTSIDER
        elif at is None or not (is_given_back and standing is Standing.MACHINE):
            at, ended_at = event.at, off_at
    return at, ended_at

"""Who is notified of a stale item, and how far its finding has escalated."""

from dataclasses import dataclass

from psbot.core.model.facts import Facts
from psbot.core.model.item import Item
from psbot.core.model.process import EPIC
from psbot.core.model.staleness_policy import EscalationStep, Recipient
from psbot.core.notices.digest import DigestEntry
from psbot.core.staleness.flags import flag_titles, flagged_since
from psbot.core.staleness.last_activity import last_activity
from psbot.core.staleness.measure import Measurement


@dataclass(frozen=True, slots=True)
class StaleFinding:
    """A stale item: its measurement, the item that carries the flag, the escalation step, and who is notified."""

    measurement: Measurement
    flagged_item: Item
    step: int
    recipients: tuple[str, ...]

    @property
    def entry(self) -> DigestEntry:
        """Return how the digest remembers it."""
        return DigestEntry(
            self.measurement.policy.name, self.measurement.item, self.measurement.since, self.step
        )


def escalate(measurement: Measurement, flagged_item: Item, facts: Facts) -> StaleFinding:
    """Return the finding for a stale *measurement*, at the step it has reached."""
    return at_step(measurement, flagged_item, _reached_step(measurement, flagged_item, facts), facts)


def at_step(measurement: Measurement, flagged_item: Item, step: int, facts: Facts) -> StaleFinding:
    """Return the finding for *measurement* at *step*."""
    recipients = recipients_of(facts.process.staleness.escalation[step], flagged_item, facts)
    return StaleFinding(measurement, flagged_item, step, recipients)


def recipients_of(step: EscalationStep, item: Item, facts: Facts) -> tuple[str, ...]:
    """Return who is notified at *step*; the manager is used where nobody else is named."""
    engagement = facts.engagement
    match step.recipient:
        case Recipient.ASSIGNEE:
            return item.assignees or (engagement.manager,)
        case Recipient.MANAGER:
            return (engagement.manager,)
        case Recipient.DELIVERY_LEAD:
            lead = engagement.delivery_lead or facts.process.staleness.delivery_lead
            return (lead or engagement.manager,)


def _reached_step(measurement: Measurement, item: Item, facts: Facts) -> int:
    """Return the escalation step: waiting times count from the flag, or from a later activity of a person."""
    history, flags = facts.history(item), flag_titles(facts.process)
    flagged_at = flagged_since(history, flags) if history else None
    steps = facts.process.staleness.escalation
    first_recipient = measurement.policy.first_recipient
    first = next((at for at, each in enumerate(steps) if each.recipient is first_recipient), 0)
    if flagged_at is None or not item.labels & flags:
        return first
    engagement = facts.engagement
    starts = [engagement.today(flagged_at), measurement.since]
    if measurement.item != EPIC:
        starts.append(engagement.today(last_activity(item, history, facts.process).earliest))
    waited = engagement.workdays.count_between(max(starts), facts.today)
    waited = min(waited, measurement.days.low - measurement.policy.after)
    reached, due_after = first, 0
    for number, each in enumerate(steps[first + 1 :], first + 1):
        due_after += each.after
        reached = number if waited >= due_after else reached
    return reached

"""Instrument."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from psbot.core.changes.request import ChangeRequest
from psbot.core.model.change_policy import DECISIVE_FIELDS, ChangePolicy, InstrumentCondition
from psbot.core.model.engagement import Engagement

MONTHS_A_QUARTER = 3  # months


@dataclass(frozen=True, slots=True)
class InstrumentChoice:
    """An instrument and why it is the one."""

    instrument: str
    because: str


def choose_instrument(
    request: ChangeRequest, engagement: Engagement, today: date, policy: ChangePolicy
) -> InstrumentChoice | None:
    """Return the instrument that *request* needs and why; None while it does not say enough."""
    if request.missing(DECISIVE_FIELDS):
        return None
    for rule in policy.instrument_rules:
        if _condition_holds(rule.when, request, engagement, today):
            return InstrumentChoice(rule.instrument, rule.because)
    return None


def _condition_holds(
    condition: InstrumentCondition, request: ChangeRequest, engagement: Engagement, today: date
) -> bool:
    hours, end, new_end = request.hours or 0, engagement.ends_on(today), request.new_end
    is_switched = request.contract is not None and request.contract != engagement.contract
    return all(
        (
            condition.hours is None or (hours > 0 if condition.hours == "more" else hours < 0),
            condition.months is None
            or (new_end is not None and new_end >= months_after(end, condition.months)),
            condition.later is None or (new_end is not None and new_end > end) is condition.later,
            condition.contract is None or is_switched,
            condition.situation is None or condition.situation in request.situations,
        )
    )


def months_after(day: date, months: int) -> date:
    """Return the same day *months* later, or the last of its month where that is shorter."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def deciders_of(instrument: str | None, engagement: Engagement, policy: ChangePolicy) -> frozenset[str]:
    """Return the usernames of those who may decide on a change by *instrument*; the manager stands in."""
    people = {
        "manager": engagement.manager,
        "project_manager": engagement.project_manager,
        "delivery_lead": engagement.delivery_lead,
        "lead": engagement.lead,
    }
    roles = policy.approvers.get(instrument or "", ("manager",))
    return frozenset(people[role] or engagement.manager for role in roles)


def quarter_end(day: date, first_month: int = 1) -> date:
    """Return the last day of the quarter that *day* lies in; quarters are counted from *first_month* of a year."""
    into = (day.month - first_month) % MONTHS_A_QUARTER
    return months_after(day.replace(day=1), MONTHS_A_QUARTER - into) - timedelta(days=1)

"""Choose the instrument of a change request, such as a change order, and who decides on it."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from psbot.core.changes.request import ChangeRequest
from psbot.core.model.change_policy import DECISIVE_FIELDS, ChangePolicy, InstrumentCondition
from psbot.core.model.engagement import Engagement

MONTHS_A_QUARTER = 3


@dataclass(frozen=True, slots=True)
class InstrumentChoice:
    """The chosen instrument and the reason."""

    instrument: str
    because: str


def choose_instrument(
    request: ChangeRequest, engagement: Engagement, today: date, policy: ChangePolicy
) -> InstrumentChoice | None:
    """Return the instrument that *request* needs; None while a decisive field is missing or no rule applies."""
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
    """Return the same day *months* later, or the last day of that month if it is shorter."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def deciders_of(instrument: str | None, engagement: Engagement, policy: ChangePolicy) -> frozenset[str]:
    """Return the usernames of those who may decide on a change by *instrument*; see :meth:`Engagement.person`."""
    roles = policy.approvers.get(instrument or "", ("manager",))
    return frozenset(map(engagement.person, roles))


def quarter_end(day: date, first_month: int = 1) -> date:
    """Return the last day of the quarter of *day*; the first quarter begins in *first_month*."""
    month_of_quarter = (day.month - first_month) % MONTHS_A_QUARTER
    return months_after(day.replace(day=1), MONTHS_A_QUARTER - month_of_quarter) - timedelta(days=1)

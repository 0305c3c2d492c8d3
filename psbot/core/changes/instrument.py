"""Instrument."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from psbot.core.changes.request import Request
from psbot.core.model.change_policy import TELLING, Changes, When
from psbot.core.model.engagement import Engagement

QUARTER = 3  # months


@dataclass(frozen=True, slots=True)
class Choice:
    """An instrument and why it is the one."""

    instrument: str
    because: str


def choose(request: Request, engagement: Engagement, today: date, changes: Changes) -> Choice | None:
    """Return the instrument that *request* needs and why; None while it does not say enough."""
    if request.missing(TELLING):
        return None
    for rule in changes.instruments:
        if _holds(rule.when, request, engagement, today):
            return Choice(rule.use, rule.because)
    return None


def _holds(when: When, request: Request, engagement: Engagement, today: date) -> bool:
    hours, end, new_end = request.hours or 0, engagement.ends_on(today), request.new_end
    is_switched = request.contract is not None and request.contract != engagement.contract
    return all(
        (
            when.hours is None or (hours > 0 if when.hours == "more" else hours < 0),
            when.months is None or (new_end is not None and new_end >= months_after(end, when.months)),
            when.later is None or (new_end is not None and new_end > end) is when.later,
            when.contract is None or is_switched,
            when.situation is None or when.situation in request.situations,
        )
    )


def months_after(day: date, months: int) -> date:
    """Return the same day *months* later, or the last of its month where that is shorter."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def approvers(instrument: str | None, engagement: Engagement, changes: Changes) -> frozenset[str]:
    """Return the usernames of those who may decide on a change by *instrument*; the manager stands in."""
    people = {
        "manager": engagement.manager,
        "project_manager": engagement.project_manager,
        "delivery_lead": engagement.delivery_lead,
        "lead": engagement.lead,
    }
    roles = changes.approvers.get(instrument or "", ("manager",))
    return frozenset(people[role] or engagement.manager for role in roles)


def quarter_end(day: date, first_month: int = 1) -> date:
    """Return the last day of the quarter that *day* lies in; quarters are counted from *first_month* of a year."""
    into = (day.month - first_month) % QUARTER
    return months_after(day.replace(day=1), QUARTER - into) - timedelta(days=1)

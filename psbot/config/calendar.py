"""Calendar."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from psbot.core.model.calendar import WEEKDAYS, Workdays
from psbot.parsing.validation import STRICT, Day


class CalendarFile(BaseModel):
    """``calendar.yml``."""

    model_config = STRICT
    weekdays: Annotated[
        list[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]],
        Field(min_length=1),
    ]
    days_off: list[Day] = []
    horizon_days: Annotated[int, Field(ge=0, le=366)] = 14


def business_days(calendar: CalendarFile) -> Workdays:
    """Return the company's business days."""
    return Workdays(frozenset(calendar.days_off), frozenset(map(WEEKDAYS.index, calendar.weekdays)))

"""Reads ``config/calendar.yml``: the company's business days, and how far ahead psbot creates items."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from psbot.config.config_file import ConfigFile, ConfigModule, ConfigNames
from psbot.core.model.calendar import WEEKDAYS, Workdays
from psbot.errors import Problem
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


def check(_file: ConfigFile[CalendarFile], _others: ConfigNames) -> Iterator[Problem]:
    """Yield nothing: the file refers to no other."""
    yield from ()


def to_core(file: CalendarFile) -> Mapping[str, Any]:
    """Return the fields of the process that the file gives."""
    return {"company_calendar": business_days(file), "horizon_days": file.horizon_days}


def business_days(file: CalendarFile) -> Workdays:
    """Return the company's business days."""
    return Workdays(frozenset(file.days_off), frozenset(map(WEEKDAYS.index, file.weekdays)))


MODULE = ConfigModule("calendar", CalendarFile, check, to_core)

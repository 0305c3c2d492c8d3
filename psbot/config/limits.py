"""Limits."""

from typing import Annotated

from pydantic import BaseModel, Field

from psbot.parsing.fields import Text
from psbot.parsing.validation import STRICT


class AccountsFile(BaseModel):
    """``accounts.yml``."""

    model_config = STRICT
    machine_accounts: list[Text] = []
    colleagues: list[Text] = []


class LimitsFile(BaseModel):
    """``limits.yml``."""

    model_config = STRICT
    close_more_than: Annotated[int, Field(ge=0)] = 5
    close_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    batch: Annotated[int, Field(ge=1, le=15)] = 15
    page: Annotated[int, Field(ge=1, le=100)] = 100
    connections: Annotated[int, Field(ge=1, le=16)] = 4
    settle_seconds: Annotated[float, Field(ge=0, le=600)] = 60
    rate_limit_seconds: Annotated[float, Field(ge=0, le=3600)] = 120

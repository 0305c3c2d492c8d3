"""Reads ``config/limits.yml``: what one run may do, and how psbot talks to GitLab."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from psbot.config.config_file import ConfigFile, ConfigModule, ConfigNames
from psbot.core.model.process import Limits
from psbot.errors import Problem
from psbot.parsing.validation import STRICT


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


def check(_file: ConfigFile[LimitsFile], _others: ConfigNames) -> Iterator[Problem]:
    """Yield nothing: the file refers to no other."""
    yield from ()


def to_core(file: LimitsFile) -> Mapping[str, Any]:
    """Return the fields of the process that the file gives."""
    return {"limits": Limits(**dict(file))}


MODULE = ConfigModule("limits", LimitsFile, check, to_core)

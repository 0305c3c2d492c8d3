"""Findings: what a person should know, and what an engagement gives to say whatever GitLab holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing a person should know."""

    code: str
    severity: Severity
    message: str
    item: str | None = field(default=None)


UNCHECKED = "unchecked"

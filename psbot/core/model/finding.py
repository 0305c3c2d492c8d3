"""Findings: problems and facts that psbot reports to people."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How important a finding is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One problem or fact that psbot reports; ``item`` is a key, and None if it concerns the whole engagement."""

    code: str
    severity: Severity
    message: str
    item: str | None = field(default=None)


UNCHECKED = "unchecked"  # the code of findings about what psbot could not check

"""Policy."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from psbot.core.model.calendar import Workdays

if TYPE_CHECKING:
    from psbot.core.model.process import Kind


class FilePolicy(Protocol):
    """What an engagement file has to fit; the whole process is one."""

    @property
    def company_calendar(self) -> Workdays:
        """Return the business days of the company."""

    @property
    def question_hostings(self) -> Mapping[str, str]:
        """Return for which hosting each question is, by its id."""

    @property
    def kinds(self) -> "Mapping[str, Kind]":
        """Return the kinds of items by name."""

"""What the checks of engagement files need from ``config/``, as a protocol: they do not import ``config``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from psbot.core.model.calendar import Workdays

if TYPE_CHECKING:
    from psbot.core.model.process import Kind


class FilePolicy(Protocol):
    """The policy for engagement files; ``Process`` and ``ConfigFolder`` both provide it."""

    @property
    def company_calendar(self) -> Workdays:
        """Return the business days of the company."""

    @property
    def question_hostings(self) -> Mapping[str, str]:
        """Return the hosting of each question, by its ID."""

    @property
    def kinds(self) -> "Mapping[str, Kind]":
        """Return the kinds of items by name."""

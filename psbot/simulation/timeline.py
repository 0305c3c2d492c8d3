"""What happens in a simulated life: who did what on which item, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Sort(StrEnum):
    """What sort of thing happened."""

    PERSON = "person"
    PSBOT = "psbot"
    FINDING = "finding"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened; ``item`` is the item's key, or the code of a finding that is about none."""

    at: datetime
    sort: Sort
    who: str
    what: str
    item: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a life; on a quiet one nothing happened."""

    on: date
    happenings: tuple[Happening, ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Tell whether nothing happened."""
        return not self.happenings

"""One statement about an item, and the collector of the histories that would answer what is still unknown."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from psbot.core.model.verdict import Verdict


class Truth(StrEnum):
    """Whether a statement holds; "could not check" is an answer too, and INFO is a plain fact."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "could not check"
    INFO = "told"


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of an explanation: its topic, its text, whether it holds, and the statements that it consists of."""

    about: str
    text: str
    truth: Truth = Truth.INFO
    parts: tuple["Statement", ...] = ()


class StatementCollector:
    """Collects the keys of items whose histories the statements need."""

    def __init__(self) -> None:
        self.needs = frozenset[str]()

    def statement(
        self, about: str, verdict: Verdict, text: str = "", parts: Iterable[Statement] = ()
    ) -> Statement:
        """Return *verdict* as a statement, with its own reason or with *text*."""
        self.needs |= verdict.needs
        return Statement(about, text or verdict.reason, _truth_of(verdict.holds), tuple(parts))


def _truth_of(holds: bool | None) -> Truth:
    if holds is None:
        return Truth.UNKNOWN
    return Truth.YES if holds else Truth.NO

"""What there is to say of an item, one thing at a time, and the histories that would tell more."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from psbot.core.model.verdict import Verdict


class Truth(StrEnum):
    """What a point says; "could not check" is an answer of its own, and some points are no judgement."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "could not check"
    INFO = "told"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing to know: what it is about, the words, the answer where it is one, and what that is made of."""

    about: str
    text: str
    truth: Truth = Truth.INFO
    parts: tuple["Statement", ...] = ()


class StatementCollector:
    """The keys of items whose histories points asked for on the way."""

    def __init__(self) -> None:
        self.needs = frozenset[str]()

    def statement(
        self, about: str, verdict: Verdict, text: str = "", parts: Iterable[Statement] = ()
    ) -> Statement:
        """Return *answer* as a point, in words of its own or in *text*."""
        self.needs |= verdict.needs
        return Statement(about, text or verdict.reason, truth_of(verdict.holds), tuple(parts))


def truth_of(holds: bool | None) -> Truth:
    """Return the truth of a verdict that holds, does not hold or could not be checked (None)."""
    if holds is None:
        return Truth.UNKNOWN
    return Truth.YES if holds else Truth.NO

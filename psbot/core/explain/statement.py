"""What there is to say of an item, one thing at a time, and the histories that would tell more."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from psbot.core.model.verdict import Answer


class Says(StrEnum):
    """What a point says; "could not check" is an answer of its own, and some points are no judgement."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "could not check"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to know: what it is about, the words, the answer where it is one, and what that is made of."""

    about: str
    text: str
    says: Says = Says.TOLD
    parts: tuple["Point", ...] = ()


class Notes:
    """The keys of items whose histories points asked for on the way."""

    def __init__(self) -> None:
        self.needs = frozenset[str]()

    def point(self, about: str, answer: Answer, text: str = "", parts: Iterable[Point] = ()) -> Point:
        """Return *answer* as a point, in words of its own or in *text*."""
        self.needs |= answer.needs
        return Point(about, text or answer.reason, _says(answer.holds), tuple(parts))


def _says(holds: bool | None) -> Says:
    if holds is None:
        return Says.UNKNOWN
    return Says.YES if holds else Says.NO

"""Verdict."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Dispute:
    """Something that does not count, because an outsider did it: on which item, in which scope."""

    item: str
    purpose: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a guard holds (None: could not check) and why; ``needs`` are items whose histories would tell."""

    holds: bool | None
    reason: str
    needs: frozenset[str] = frozenset()
    disputes: frozenset[Dispute] = frozenset()


def every(answers: Iterable[Answer]) -> Answer:
    """Return one answer: no if one says no, could not check if one could not, else yes."""
    given = list(answers)
    refusals = [each for each in given if each.holds is False]
    doubts = [each for each in given if each.holds is None]
    return _joined(refusals or doubts or given, "; ")


def _joined(answers: list[Answer], glue: str) -> Answer:
    """Join answers of which the least certain no counts: None wherever one is None."""
    holds = [each.holds for each in answers]
    reason = glue.join(dict.fromkeys(each.reason for each in answers))
    needs = frozenset[str]().union(*(each.needs for each in answers))
    disputes = frozenset[Dispute]().union(*(each.disputes for each in answers))
    return Answer(None if None in holds else all(holds), reason, needs, disputes)

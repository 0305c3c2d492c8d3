"""Verdict."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class UnauthorizedChange:
    """Something that does not count, because an outsider did it: on which item, in which scope."""

    item: str
    purpose: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a guard holds (None: could not check) and why; ``needs`` are items whose histories would tell."""

    holds: bool | None
    reason: str
    needs: frozenset[str] = frozenset()
    unauthorized_changes: frozenset[UnauthorizedChange] = frozenset()


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return one answer: no if one says no, could not check if one could not, else yes."""
    given = list(verdicts)
    refusals = [each for each in given if each.holds is False]
    doubts = [each for each in given if each.holds is None]
    return _combine(refusals or doubts or given, "; ")


def _combine(verdicts: list[Verdict], glue: str) -> Verdict:
    """Join answers of which the least certain no counts: None wherever one is None."""
    holds = [each.holds for each in verdicts]
    reason = glue.join(dict.fromkeys(each.reason for each in verdicts))
    needs = frozenset[str]().union(*(each.needs for each in verdicts))
    disputes = frozenset[UnauthorizedChange]().union(*(each.unauthorized_changes for each in verdicts))
    return Verdict(None if None in holds else all(holds), reason, needs, disputes)

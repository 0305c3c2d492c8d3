"""Verdicts of guards: whether a condition holds, does not hold or could not be checked, and why."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class UnauthorizedChange:
    """A change that psbot ignores because its author is not authorized: the item, the label scope and the reason."""

    item: str
    purpose: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a guard holds and why; ``holds`` is None if psbot must first read the histories of ``needs``."""

    holds: bool | None
    reason: str
    needs: frozenset[str] = frozenset()
    unauthorized_changes: frozenset[UnauthorizedChange] = frozenset()


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return one verdict on all of *verdicts*: see :func:`all_hold`; its reason comes from those that decide it."""
    given = list(verdicts)
    failed = [each for each in given if each.holds is False]
    unknown = [each for each in given if each.holds is None]
    return combine(failed or unknown or given, "; ")


def all_hold(answers: Iterable[bool | None]) -> bool | None:
    """Return the three-valued *and*: False if one is False, else None if one is unknown, else True."""
    given = frozenset(answers)
    if False in given:
        return False
    return None if None in given else True


def combine(verdicts: list[Verdict], separator: str) -> Verdict:
    """Return one verdict with the reasons of all *verdicts*; unknown if one of them is unknown."""
    answers = [each.holds for each in verdicts]
    reason = separator.join(dict.fromkeys(each.reason for each in verdicts))
    needs = frozenset[str]().union(*(each.needs for each in verdicts))
    changes = frozenset[UnauthorizedChange]().union(*(each.unauthorized_changes for each in verdicts))
    return Verdict(None if None in answers else all(answers), reason, needs, changes)

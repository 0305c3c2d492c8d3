"""What psbot expects of GitLab, and what a probe has seen of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from psbot.doctor.probe.observed import NotObserved, Observed


class Outcome(StrEnum):
    """Whether an expectation was met; NOT_CHECKED where the probe could not see it."""

    MET = "ok"
    NOT_MET = "not met"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says: the outcome, and what was seen."""

    outcome: Outcome
    seen: str

    @classmethod
    def of(cls, is_met: bool, seen: str) -> "Verdict":
        """Return the verdict of a check that could be made."""
        return cls(Outcome.MET if is_met else Outcome.NOT_MET, seen)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that psbot expects of GitLab.

    ``source`` is what confirms it (a file of GitLab's source with its version, the schema, or the documentation), and
    ``step`` is what the probe does to see it.
    """

    name: str
    sentence: str
    source: str
    step: str
    check: Callable[[Observed], Verdict]

    def result(self, observed: Observed) -> "Result":
        """Return the result of the check on what was *observed*."""
        try:
            verdict = self.check(observed)
        except NotObserved as error:
            verdict = Verdict(Outcome.NOT_CHECKED, str(error))
        return Result(self, verdict.outcome, verdict.seen)


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that psbot expects of GitLab and that a probe does not try; ``reason`` says why not.

    ``source`` is empty where nobody could confirm it.
    """

    name: str
    sentence: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """An expectation, whether it was met, and what was seen."""

    expectation: Expectation
    outcome: Outcome
    seen: str

"""Everything that psbot expects of GitLab: what a probe tries, and what it does not.

The tests run the same expectations against the sandbox, and docs/fidelity.md is made from them.
"""

from collections.abc import Iterable

from psbot.doctor.probe.assumptions import ASSUMPTIONS
from psbot.doctor.probe.expectation import Assumption, Expectation, Result
from psbot.doctor.probe.fields import FIELDS
from psbot.doctor.probe.observed import Observed
from psbot.doctor.probe.reading import READING
from psbot.doctor.probe.texts import TEXTS

EXPECTATIONS: tuple[Expectation, ...] = (*TEXTS, *FIELDS, *READING)

__all__ = ["ASSUMPTIONS", "EXPECTATIONS", "Assumption", "Expectation", "Result", "check_all"]


def check_all(observed: Observed, expectations: Iterable[Expectation] = EXPECTATIONS) -> tuple[Result, ...]:
    """Return the result of every expectation on what was observed."""
    return tuple(each.result(observed) for each in expectations)

"""What is wrong with engagement files, as a test report: one case a file."""

from collections.abc import Iterable

from psbot.engagements.loader import Loaded
from psbot.errors import FileProblems, PsbotError
from psbot.report.junit import Case, Ending, Suite, report

_SUITE = "psbot validate"


def as_junit(portfolio: Iterable[Loaded]) -> str:
    """Return the report; a file that is wrong fails with all its problems, each on a line of its own."""
    return report(_SUITE, [Suite(_SUITE, tuple(map(_case, portfolio)))])


def _case(loaded: Loaded) -> Case:
    if loaded.error is None:
        return Case(loaded.file, loaded.file)
    return Case(loaded.file, loaded.file, Ending.FAILURE, _problems(loaded.error))


def _problems(error: PsbotError) -> tuple[str, ...]:
    return tuple(map(str, error.problems)) if isinstance(error, FileProblems) else (str(error),)

"""Renders the problems of engagement files as a JUnit test report: one case per file."""

from collections.abc import Iterable

from psbot.engagements.loader import LoadResult
from psbot.errors import FileProblems, PsbotError
from psbot.report.junit import CaseResult, JUnitCase, JUnitSuite, junit_xml

_SUITE = "psbot validate"


def validation_report(portfolio: Iterable[LoadResult]) -> str:
    """Return the report; a file that is wrong fails with all its problems, each on a line of its own."""
    return junit_xml(_SUITE, [JUnitSuite(_SUITE, tuple(map(_junit_case, portfolio)))])


def _junit_case(loaded: LoadResult) -> JUnitCase:
    if loaded.error is None:
        return JUnitCase(loaded.file, loaded.file)
    return JUnitCase(loaded.file, loaded.file, CaseResult.FAILURE, _problem_lines(loaded.error))


def _problem_lines(error: PsbotError) -> tuple[str, ...]:
    return tuple(map(str, error.problems)) if isinstance(error, FileProblems) else (str(error),)

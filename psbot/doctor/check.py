"""What labels and doctor answer with: one check for each thing that was looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from psbot.errors import ExitCode


class CheckResult(StrEnum):
    """How a check ended; what could not be checked is an answer of its own."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    UNKNOWN = "unknown"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: ``about`` is its heading, ``mend`` what to do where it is not well."""

    subject: str
    result: CheckResult
    message: str
    fix: str = ""


def exit_code(checks: Iterable[Check], *, with_warnings: bool) -> ExitCode:
    """Return GITLAB where something is missing, FINDINGS for less where that is asked for."""
    verdicts = {check.result for check in checks}
    if CheckResult.MISSING in verdicts:
        return ExitCode.GITLAB
    return (
        ExitCode.FINDINGS
        if with_warnings and verdicts - {CheckResult.OK, CheckResult.NOTE}
        else ExitCode.DONE
    )

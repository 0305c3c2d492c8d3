"""The result of one check of ``psbot doctor`` or ``psbot labels``."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from psbot.errors import ExitCode


class CheckResult(StrEnum):
    """How a check ended; UNKNOWN where it could not be made."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    UNKNOWN = "unknown"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One check; ``subject`` is its heading, ``fix`` what to do where something is wrong."""

    subject: str
    result: CheckResult
    message: str
    fix: str = ""


def exit_code(checks: Iterable[Check], *, with_warnings: bool) -> ExitCode:
    """Return GITLAB where something is missing; FINDINGS for warnings, if *with_warnings*."""
    verdicts = {check.result for check in checks}
    if CheckResult.MISSING in verdicts:
        return ExitCode.GITLAB
    return (
        ExitCode.FINDINGS
        if with_warnings and verdicts - {CheckResult.OK, CheckResult.NOTE}
        else ExitCode.DONE
    )

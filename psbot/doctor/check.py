"""What labels and doctor answer with: one check for each thing that was looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from psbot.errors import Exit


class Verdict(StrEnum):
    """How a check ended; what could not be checked is an answer of its own."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    UNKNOWN = "unknown"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: ``about`` is its heading, ``mend`` what to do where it is not well."""

    about: str
    verdict: Verdict
    found: str
    mend: str = ""


def exit_code(checks: Iterable[Check], *, with_warnings: bool) -> Exit:
    """Return GITLAB where something is missing, FINDINGS for less where that is asked for."""
    verdicts = {check.verdict for check in checks}
    if Verdict.MISSING in verdicts:
        return Exit.GITLAB
    return Exit.FINDINGS if with_warnings and verdicts - {Verdict.OK, Verdict.NOTE} else Exit.DONE

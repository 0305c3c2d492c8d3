"""Errors that psbot reports to people, each with a message, a hint and an exit code."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes, one meaning each."""

    DONE = 0
    BUG = 1
    INPUT = 2
    GITLAB = 3
    FINDINGS = 4
    LIMIT = 5
    INTERRUPTED = 130


MOST_SEVERE_FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.BUG,
    ExitCode.GITLAB,
    ExitCode.INPUT,
    ExitCode.LIMIT,
    ExitCode.FINDINGS,
    ExitCode.DONE,
)


def most_severe(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the most severe code of several engagements; DONE if there are none."""
    return min(codes, key=MOST_SEVERE_FIRST.index, default=ExitCode.DONE)


class PsbotError(Exception):
    """An expected error: what happened, and what to do next.

    Any other exception is a bug and ends with a traceback.
    """

    exit_code = ExitCode.INPUT

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem at one place of a file; ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    @property
    def full_message(self) -> str:
        """Return the problem without its place: the key, the message and the hint."""
        what = f"{self.path}: {self.message}" if self.path else self.message
        return f"{what}; {self.hint}" if self.hint else what

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.full_message}"


class FileProblems(PsbotError):
    """All problems of one or more files, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


class GitLabError(PsbotError):
    """GitLab rejected a request, could not be reached, or is not set up for it."""

    exit_code = ExitCode.GITLAB

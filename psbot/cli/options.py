"""Options that several commands share; every option has an environment variable, ``PSBOT_`` and its name."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import click

from psbot.errors import PsbotError

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_PATTERN = "engagements/**/*.yml"


def option(*names: str, **attributes: Any) -> Callable[[Command], Command]:  # noqa: ANN401  click's own types
    """Declare an option with its environment variable."""
    longest = max((name for name in names if name.startswith("-")), key=len)
    variable = "PSBOT_" + longest.split("/")[0].lstrip("-").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=False, **attributes)


class Instant(click.ParamType[datetime]):
    """An instant with its offset; without one it is UTC."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return *value* as an aware datetime."""
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an instant; write it as 2026-11-23T09:00+01:00", param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


class Day(click.ParamType[date]):
    """A day."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return *value* as a date."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a date; write it as 2026-11-23", param, ctx)


class Span(click.ParamType[timedelta]):
    """A length of time: a number with ``m``, ``h`` or ``d`` behind it."""

    name = "span"
    _UNITS: ClassVar[Mapping[str, str]] = {"m": "minutes", "h": "hours", "d": "days"}

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return *value* as a length of time."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([0-9]{1,4})([mhd])", str(value))
        if match is None or int(match[1]) == 0:
            self.fail(f"{value!r} is no length of time; write it as 90m, 2h or 1d", param, ctx)
        return timedelta(**{self._UNITS[match[2]]: int(match[1])})


def files_argument(command: Command) -> Command:
    """Take engagement files; none means all of ``engagements/`` below the current directory."""
    return click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))(command)


def resolve_files(given: tuple[Path, ...]) -> list[Path]:
    """Return *given*, or the engagement files below the current directory; PsbotError where there are none."""
    if given:
        return list(dict.fromkeys(given))
    found = find_engagement_files()
    if not found:
        raise PsbotError(
            f"there is no engagement file: none was named and {DEFAULT_PATTERN} is empty here",
            "name files, or write one with psbot new",
        )
    return found


def write_report(file: Path, text: str) -> None:
    """Write a report that a job collects; raises PsbotError where the file cannot be written.

    A symbolic link gives way instead of being followed: the branch of a merge request may have brought it.
    """
    try:
        if file.is_symlink():
            file.unlink()
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PsbotError(
            f"{file} cannot be written: {error.strerror}", "name a file in a folder that you may write to"
        ) from None


def find_engagement_files() -> list[Path]:
    """Return the engagement files below the current directory."""
    return sorted(path for path in Path().glob(DEFAULT_PATTERN) if path.is_file())


format_option = option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How to print it.",
)

junit_option = option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a test report of the JUnit kind there, too, for GitLab to collect.",
)

exit_code_option = option(
    "--exit-code", is_flag=True, help="Exit with 4 when changes are pending or something was found."
)

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
_LONGEST_SPAN = timedelta(days=9999)


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
            self.fail(f"{value!r} is not a date and time; write it as 2026-11-23T09:00+01:00", param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


class Day(click.ParamType[date]):
    """A date."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return *value* as a date."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a date; write it as 2026-11-23", param, ctx)


class Span(click.ParamType[timedelta]):
    """A length of time: a number followed by one of *units*, such as ``20m``."""

    name = "span"
    _UNITS: ClassVar[Mapping[str, timedelta]] = {
        "s": timedelta(seconds=1),
        "m": timedelta(minutes=1),
        "h": timedelta(hours=1),
        "d": timedelta(days=1),
    }

    def __init__(self, units: str, examples: str) -> None:
        self.units = units
        self.examples = examples

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return *value* as a length of time."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(rf"([0-9]{{1,6}})([{self.units}])", str(value))
        span = int(match[1]) * self._UNITS[match[2]] if match else timedelta()
        if not timedelta() < span <= _LONGEST_SPAN:
            self.fail(f"{value!r} is not a length of time; write it as {self.examples}", param, ctx)
        return span


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
            f"no engagement file found: none was given and {DEFAULT_PATTERN} matches nothing here",
            "specify files, or create one with psbot new",
        )
    return found


def write_report(file: Path, text: str) -> None:
    """Write a report that a job collects; raises PsbotError where the file cannot be written.

    A symbolic link is replaced, not followed: it may come from the branch of a merge request.
    """
    try:
        if file.is_symlink():
            file.unlink()
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PsbotError(
            f"{file} cannot be written: {error.strerror}", "choose a file in a folder that you can write to"
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
    help="Output format.",
)

junit_option = option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write a JUnit test report to this file, for GitLab to collect.",
)

exit_code_option = option(
    "--exit-code", is_flag=True, help="Exit with 4 if changes are pending or there are findings."
)

preview_option = option(
    "--preview", is_flag=True, help="Show what the command would do, cost and notify; write nothing."
)

as_me_option = option(
    "--as-me",
    is_flag=True,
    help="Allow writing with a personal token; changes are attributed to its owner.",
)

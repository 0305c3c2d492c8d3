"""Reads a text file of limited size, with errors that say what to do."""

from pathlib import Path

from psbot.core.text.escape import replace_control_characters
from psbot.errors import FileProblems, Problem, PsbotError

MAX_FILE_SIZE = 1024 * 1024  # bytes


def read_text(file: Path) -> str:
    """Return the text of *file* with Unix line endings; raises PsbotError if it cannot be read or is too large."""
    try:
        if file.is_dir():
            raise PsbotError(f"{file} is a directory, not a file", "specify the YAML files in it")
        if not file.is_file():
            raise PsbotError(f"the file {file} does not exist", "check its name and the current directory")
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE_SIZE + 1)
    except OSError as error:
        raise PsbotError(f"{file} cannot be read: {error.strerror}", "check its permissions") from error
    except ValueError as error:
        raise PsbotError(
            f"{replace_control_characters(str(file))!r} is not a file name", "check its name"
        ) from error
    if len(content) > MAX_FILE_SIZE:
        raise PsbotError(
            f"{file} is larger than {MAX_FILE_SIZE // 1024} KiB", "an engagement file needs a few KiB"
        )
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        problem = Problem(str(file), line, column, "", "the file is not UTF-8 text", "save it as UTF-8")
        raise FileProblems([problem]) from error

"""Read what people fill into a description: fields, one per line, such as ``- Timeline: two weeks``."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from psbot.core.text.escape import unescape

_HEADING = re.compile(r"^#+[ \t]+(?P<title>.+?)[ \t#]*$")
_FENCE = re.compile(r"^[ \t]*(```|~~~)")
_FIELD = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+)?(?:\[[ xX]\][ \t]+)?\**(?P<name>[^:*|]{1,60}?)\**[ \t]*:\**(?P<value>.*)$"
)
_MAX_LINE_LENGTH = 500


def lines_below(description: str, heading: str) -> Iterator[str]:
    """Yield the lines below *heading* up to the next heading, without code blocks and comments."""
    is_below = is_code = False
    for line in re.sub(r"<!--.*?-->", "", description, flags=re.DOTALL).splitlines():
        if _FENCE.match(line):
            is_code = not is_code
        elif is_code:
            continue
        elif match := _HEADING.match(line):
            is_below = match["title"].strip().casefold() == heading.casefold()
        elif is_below:
            yield line


@dataclass(frozen=True, slots=True)
class FormField:
    """A field: the title that its line begins with, and its value; empty if it has none."""

    line: str
    answer: str = ""


def read_fields(description: str, titles: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the fields in *description* by name; *titles* are the beginnings of their lines, by name.

    Of a field that occurs twice, the first value is used. Comments are ignored.
    """
    names = {title.casefold(): name for name, title in titles.items()}
    answers: dict[str, str] = {}
    for text in re.sub(r"<!--.*?-->", "", description, flags=re.DOTALL).splitlines():
        match = _FIELD.match(text[:_MAX_LINE_LENGTH])
        name = names.get(match["name"].strip().casefold()) if match else None
        if match and name and name not in answers and (value := unescape(match["value"].strip(" \t*"))):
            answers[name] = value
    return answers

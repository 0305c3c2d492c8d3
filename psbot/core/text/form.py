"""What people fill in, each in a line of its own: `- Timeline: two weeks`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from psbot.core.text.escape import unescape

_HEADING = re.compile(r"^#+[ \t]+(?P<title>.+?)[ \t#]*$")
_FENCE = re.compile(r"^[ \t]*(```|~~~)")


def lines_below(description: str, heading: str) -> Iterator[str]:
    """Yield the lines below *heading*, up to the next heading; code blocks and comments do not count."""
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


_FIELD = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+)?(?:\[[ xX]\][ \t]+)?\**(?P<name>[^:*|]{1,60}?)\**[ \t]*:\**(?P<value>.*)$"
)
_MAX_LINE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class FormField:
    """A line and what stands there; empty where nothing does."""

    line: str
    answer: str = ""


def read_fields(description: str, titles: Mapping[str, str]) -> dict[str, str]:
    """Return what the lines of *description* say, by name; *names* are how they begin, by name.

    The first filled line of a name counts; comments say nothing.
    """
    known = {line.casefold(): name for name, line in titles.items()}
    answers: dict[str, str] = {}
    for text in re.sub(r"<!--.*?-->", "", description, flags=re.DOTALL).splitlines():
        match = _FIELD.match(text[:_MAX_LINE_LENGTH])
        name = known.get(match["name"].strip().casefold()) if match else None
        if match and name and name not in answers and (value := unescape(match["value"].strip(" \t*"))):
            answers[name] = value
    return answers

"""What people fill in, each in a line of its own: `- Timeline: two weeks`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from psbot.core.inert import written

_LINE = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+)?(?:\[[ xX]\][ \t]+)?\**(?P<name>[^:*|]{1,60}?)\**[ \t]*:\**(?P<value>.*)$"
)
_LARGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Said:
    """A line and what stands there; empty where nothing does."""

    line: str
    answer: str = ""


def said(description: str, names: Mapping[str, str]) -> dict[str, str]:
    """Return what the lines of *description* say, by name; *names* are how they begin, by name.

    The first filled line of a name counts; comments say nothing.
    """
    known = {line.casefold(): name for name, line in names.items()}
    answers: dict[str, str] = {}
    for text in re.sub(r"<!--.*?-->", "", description, flags=re.DOTALL).splitlines():
        match = _LINE.match(text[:_LARGEST_TEXT])
        name = known.get(match["name"].strip().casefold()) if match else None
        if match and name and name not in answers and (value := written(match["value"].strip(" \t*"))):
            answers[name] = value
    return answers

"""The lines that people write below a heading of a description."""

import re
from collections.abc import Iterator

_HEADING = re.compile(r"^#+[ \t]+(?P<title>.+?)[ \t#]*$")
_FENCE = re.compile(r"^[ \t]*(```|~~~)")


def below(description: str, heading: str) -> Iterator[str]:
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

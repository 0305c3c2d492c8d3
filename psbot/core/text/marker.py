"""Read and write the marker of a description, what psbot remembers in it, and the managed sections.

The first line of every description that psbot writes is ``<!-- psbot: engagement=acme-sow-142 item=kick-off -->``.
Further ``key=value`` pairs can follow; psbot keeps those it does not know. People type above it: the first marker on a
line of its own counts, wherever it is. The text between the begin and end comments of a section is psbot's, and all
other text belongs to people.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

# Every pair ends with exactly one blank, so that there is only one way to match a line: people can write this line, and
# a second way for each pair would let them make the regular expression run for ever.
_MARKER = re.compile(r"<!-- psbot: ((?:[a-z_]+=[^\s<>=]+ )+)-->[ \t]*\r?\n?")
_MARKER_START = "<!-- psbot: "
_BYTE_ORDER_MARK = "\ufeff"
_ENGAGEMENT = re.compile(r"[a-z0-9-]+")
_ITEM = re.compile(r"[a-z0-9-]+(?:/[A-Za-z0-9-]+)?")
_COMMENT = re.compile(r"^<!-- psbot (?P<edge>begin|end): (?P<name>[a-z-]+) -->[ \t]*(?=\r?$)", re.MULTILINE)
_MAX_MARKER_LENGTH = 2000
REQUEST_KEY = "asked"  # remembers the request that an on-demand item was created for


@dataclass(frozen=True, slots=True)
class Marker:
    """The item and engagement that a description belongs to, and the ``memory``: what psbot remembers of the item."""

    engagement: str
    item: str
    memory: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        pairs = {"engagement": self.engagement, "item": self.item} | dict(self.memory)
        return f"<!-- psbot: {' '.join(f'{key}={value}' for key, value in pairs.items())} -->"

    def with_memory(self, memory: Mapping[str, str]) -> "Marker":
        """Return the marker with *memory* added to what it remembers; equal keys are replaced."""
        return Marker(self.engagement, self.item, dict(self.memory) | dict(memory))


@dataclass(frozen=True, slots=True)
class _MarkerLine:
    """The line of a marker in a description: its position, line end included, and the marker."""

    start: int
    end: int
    marker: Marker


def parse_marker(description: str) -> Marker | None:
    """Return the first marker on a line of its own in *description*; None if there is no well-formed one.

    A key that psbot cannot have written is not well-formed: people can write this line too, and keys are printed.
    """
    line = _find_marker(description)
    return line.marker if line else None


def _find_marker(description: str) -> _MarkerLine | None:
    """Return the line of the marker, in time linear in the length of *description*; none is inside a section."""
    sections: list[_Section] | None = None
    start = description.find(_MARKER_START)
    while start >= 0:
        if start == 0 or description[start - 1] == "\n" or description[:start] == _BYTE_ORDER_MARK:
            end = description.find("\n", start) + 1 or len(description)
            if end - start <= _MAX_MARKER_LENGTH and (marker := _parse_line(description[start:end])):
                if sections is None:
                    sections = list(_find_sections(description)) if start > 1 else []
                if not any(each.start < start < each.end for each in sections):
                    return _MarkerLine(0 if start == 1 else start, end, marker)
        start = description.find(_MARKER_START, start + 1)
    return None


@lru_cache(maxsize=512)  # the markers of one engagement are parsed many times
def _parse_line(line: str) -> Marker | None:
    match = _MARKER.fullmatch(line)
    if match is None:
        return None
    pairs: dict[str, str] = {}
    for pair in match[1].split():
        key, _, value = pair.partition("=")
        if key in pairs:
            return None
        pairs[key] = value
    if list(pairs)[:2] != ["engagement", "item"]:
        return None
    engagement, item = pairs.pop("engagement"), pairs.pop("item")
    if not (_ENGAGEMENT.fullmatch(engagement) and _ITEM.fullmatch(item)):
        return None
    return Marker(engagement, item, pairs)


def request_key_of(marker: Marker | None) -> str | None:
    """Return the key of the request that an item was created for; None if it was not requested from psbot."""
    return marker.memory.get(REQUEST_KEY) if marker else None


def has_text_above_marker(description: str) -> bool:
    """Tell whether people have typed above the marker; psbot puts it back on top."""
    line = _find_marker(description)
    return line is not None and line.start > 0


def with_marker(description: str, marker: Marker) -> str:
    """Return *description* with *marker* as its first line; it replaces a marker that is there, on whichever line."""
    return f"{marker}\n{_without_marker(description)}"


def _without_marker(description: str) -> str:
    line = _find_marker(description)
    return description[: line.start] + description[line.end :] if line else description


def human_text(description: str) -> str:
    """Return *description* without marker and managed sections: the part that belongs to people."""
    rest = _without_marker(description)
    kept, position = [], 0
    for section in _find_sections(rest):
        kept.append(rest[position : section.start])
        position = section.end
    return "".join([*kept, rest[position:]])


def managed_sections(description: str) -> dict[str, str]:
    """Return the text of the managed sections of *description* by name.

    Damaged sections (see :func:`damaged_sections`) are left out: psbot does not change text whose limits are unclear.
    """
    damaged = damaged_sections(description)
    return {each.name: each.text for each in _find_sections(description) if each.name not in damaged}


def damaged_sections(description: str) -> frozenset[str]:
    """Return the names of sections that are not closed, nested, or in the description twice."""
    edges: dict[str, list[str]] = {}
    open_name = None
    nested: set[str] = set()
    for match in _COMMENT.finditer(description):
        name, edge = match["name"], match["edge"]
        edges.setdefault(name, []).append(edge)
        if open_name not in (None, name):
            nested |= {name, str(open_name)}
        open_name = name if edge == "begin" else None
    return frozenset(nested | {name for name, found in edges.items() if found != ["begin", "end"]})


def with_section(description: str, name: str, text: str) -> str:
    """Return *description* with *text* in its section *name*; a new section is put below the marker."""
    block = f"<!-- psbot begin: {name} -->\n{text}<!-- psbot end: {name} -->"
    for section in _find_sections(description):
        if section.name == name:
            return description[: section.start] + block + description[section.end :]
    line = _find_marker(description)
    head = description[: line.end] if line else ""
    # The marker has no line end if a person has deleted everything else.
    line_end = "\n" if head and not head.endswith("\n") else ""
    return f"{head}{line_end}{block}\n\n{description[len(head) :]}"


@dataclass(frozen=True, slots=True)
class _Section:
    """A section: its position, comments included, and its text."""

    name: str
    start: int
    end: int
    text: str


def _find_sections(description: str) -> Iterator[_Section]:
    """Yield the sections, each up to the next end comment of its name, in time linear in the length of the text."""
    edges = list(_COMMENT.finditer(description))
    ends: dict[str, int] = {}
    partners: dict[int, int] = {}
    for number, edge in reversed(list(enumerate(edges))):
        if edge["edge"] == "end":
            ends[edge["name"]] = number
        elif edge["name"] in ends:
            partners[number] = ends[edge["name"]]
    last = -1
    for number, partner in sorted(partners.items()):
        if number > last:
            begin, end, last = edges[number], edges[partner], partner
            text_start = description.index("\n", begin.end()) + 1
            yield _Section(begin["name"], begin.start(), end.end(), description[text_start : end.start()])


def fingerprint(value: str) -> str:
    """Return a short, stable token for *value* that a marker can hold."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:12]

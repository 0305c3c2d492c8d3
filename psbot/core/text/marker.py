"""Markers, what psbot remembers in them, and the managed sections of a description.

The first line of every description psbot writes is ``<!-- psbot: engagement=acme-sow-142 item=kick-off -->``.
Further ``key=value`` pairs may follow; unknown ones are kept. Text between a section's begin and end comments
is psbot's, everything else belongs to people.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

# Every pair ends with one blank, so that there is one way to read a line: people can write the line, and a second way
# for each pair would be a way to keep psbot busy for ever.
_MARKER = re.compile(r"\A\ufeff?<!-- psbot: ((?:[a-z_]+=[^\s<>=]+ )+)-->[ \t]*(?:\r?\n|\Z)")
_ENGAGEMENT = re.compile(r"[a-z0-9-]+")
_ITEM = re.compile(r"[a-z0-9-]+(?:/[A-Za-z0-9-]+)?")
_COMMENT = re.compile(r"^<!-- psbot (?P<edge>begin|end): (?P<name>[a-z-]+) -->[ \t]*(?=\r?$)", re.MULTILINE)
_MAX_MARKER_LENGTH = 2000
REQUEST_KEY = "asked"  # the memory of what an item was asked for by, where people ask for one of many


@dataclass(frozen=True, slots=True)
class Marker:
    """Which item of which engagement a description belongs to, and what psbot last wrote there."""

    engagement: str
    item: str
    memory: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        pairs = {"engagement": self.engagement, "item": self.item} | dict(self.memory)
        return f"<!-- psbot: {' '.join(f'{key}={value}' for key, value in pairs.items())} -->"

    def with_memory(self, memory: Mapping[str, str]) -> "Marker":
        """Return the marker with *memory* laid over what it remembers."""
        return Marker(self.engagement, self.item, dict(self.memory) | dict(memory))


def parse_marker(description: str) -> Marker | None:
    """Return the marker in the first line of *description*, or None where there is no well-formed one.

    A key that psbot could not have written is not well-formed: people can write the line too, and keys are printed.
    """
    return _parse_first_line(description[:_MAX_MARKER_LENGTH])


@lru_cache(maxsize=512)  # the items of one engagement are asked for theirs again and again
def _parse_first_line(start: str) -> Marker | None:
    match = _MARKER.match(start)
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
    """Return by what an item was asked for, as its marker remembers it; None for one that nobody asked psbot for."""
    return marker.memory.get(REQUEST_KEY) if marker else None


def with_marker(description: str, marker: Marker) -> str:
    """Return *description* with *marker* as its first line, in place of the one that is there."""
    match = _MARKER.match(description[:_MAX_MARKER_LENGTH])
    words = description[match.end() :] if match else description
    return f"{marker}\n{words}"


def human_text(description: str) -> str:
    """Return *description* without marker and managed sections: the part that belongs to people."""
    match = _MARKER.match(description[:_MAX_MARKER_LENGTH])
    rest = description[match.end() :] if match else description
    kept, at = [], 0
    for section in _find_sections(rest):
        kept.append(rest[at : section.start])
        at = section.end
    return "".join([*kept, rest[at:]])


def managed_sections(description: str) -> dict[str, str]:
    """Return the managed sections of *description*, name to text.

    A section that is half-closed, nested or there twice is left out: psbot does not touch what it cannot
    delimit (see :func:`damaged`).
    """
    broken = damaged_sections(description)
    return {each.name: each.text for each in _find_sections(description) if each.name not in broken}


def damaged_sections(description: str) -> frozenset[str]:
    """Return the names of sections whose begin and end comments do not make exactly one pair."""
    edges: dict[str, list[str]] = {}
    open_name = None
    broken: set[str] = set()
    for match in _COMMENT.finditer(description):
        name, edge = match["name"], match["edge"]
        edges.setdefault(name, []).append(edge)
        if open_name not in (None, name):
            broken |= {name, str(open_name)}
        open_name = name if edge == "begin" else None
    return frozenset(broken | {name for name, found in edges.items() if found != ["begin", "end"]})


def with_section(description: str, name: str, text: str) -> str:
    """Return *description* with *text* in its section *name*; put below the marker where there is none."""
    block = f"<!-- psbot begin: {name} -->\n{text}<!-- psbot end: {name} -->"
    for section in _find_sections(description):
        if section.name == name:
            return description[: section.start] + block + description[section.end :]
    match = _MARKER.match(description[:_MAX_MARKER_LENGTH])
    head = match.group() if match else ""
    line_end = (
        "\n" if head and not head.endswith("\n") else ""
    )  # a person may have left nothing but the marker
    return f"{head}{line_end}{block}\n\n{description[len(head) :]}"


@dataclass(frozen=True, slots=True)
class _Section:
    """Where a section stands, its comments included, and its text."""

    name: str
    start: int
    end: int
    text: str


def _find_sections(description: str) -> Iterator[_Section]:
    """Yield what lies between a begin comment and the next end comment of its name, in time linear in the text."""
    edges = list(_COMMENT.finditer(description))
    ends: dict[str, int] = {}
    partners: dict[int, int] = {}
    for number, edge in reversed(list(enumerate(edges))):
        if edge["edge"] == "end":
            ends[edge["name"]] = number
        elif edge["name"] in ends:
            partners[number] = ends[edge["name"]]
    done = -1
    for number, partner in sorted(partners.items()):
        if number > done:
            begin, end, done = edges[number], edges[partner], partner
            inside = description.index("\n", begin.end()) + 1
            yield _Section(begin["name"], begin.start(), end.end(), description[inside : end.start()])


def fingerprint(value: str) -> str:
    """Return a short, stable token for *value*, fit to stand in a marker."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:12]

"""The digest of an engagement's log: one note that says what has gone quiet, and whom that concerns.

It is posted when there is something new to hear, and marks the one before as superseded; it shrinks in place, and is
resolved when nothing is left. What it says stands in a comment below its first line, so that a run knows what was
told without keeping a state of its own. A digest whose words a person has changed is left alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from psbot.core.model.history import Notice
from psbot.core.model.item import Item
from psbot.core.model.operations import PostNotice
from psbot.core.notices.notice import DIGEST, first_line
from psbot.core.text.escape import defused, inert

_MEMORY = re.compile(r"^<!-- psbot told: (?P<entries>[^<>]*) -->\r?$", re.MULTILINE)
_ENTRY = re.compile(
    r"(?P<policy>[a-z0-9-]+)\|(?P<item>[A-Za-z0-9/:-]+)\|(?P<since>\d{4}-\d\d-\d\d)\|(?P<rung>\d{1,2})"
)
_SHOWN = 500  # lines of one person; a note takes 1,000,000 characters (GitLab's limit of a note)
_SUPERSEDED = "Resolved: a newer digest takes its place."
_RESOLVED = "Resolved: people have acted, nothing is left to say."


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One thing that a digest tells: the finding, since when it is so, and the rung of the ladder it has come to.

    ``item`` is a key; in a portfolio digest that of the engagement and a colon come first.
    """

    policy: str
    item: str
    since: date
    rung: int

    def __str__(self) -> str:
        return f"{self.policy}|{self.item}|{self.since.isoformat()}|{self.rung}"

    @property
    def what(self) -> tuple[str, str, date]:
        """Return what makes it the same entry on any rung."""
        return (self.policy, self.item, self.since)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a digest: the entry, its sentence, where the item is, and the usernames of whom it concerns."""

    entry: Entry
    words: str
    place: str
    people: tuple[str, ...]


def told(body: str) -> frozenset[Entry] | None:
    """Return what the digest *body* tells; None where it was superseded, resolved, or is not readable."""
    match = _MEMORY.search(body)
    if match is None:
        return None
    found = [_ENTRY.fullmatch(word) for word in match["entries"].split()]
    try:
        return frozenset(
            Entry(each["policy"], each["item"], date.fromisoformat(each["since"]), int(each["rung"]))
            for each in found
            if each
        )
    except ValueError:
        return None  # a person has written the line


def standing(notices: Iterable[Notice]) -> list[tuple[Notice, frozenset[Entry]]]:
    """Return the digests that still tell something, oldest first."""
    pairs = [(notice, told(notice.body)) for notice in notices if notice.identity == DIGEST]
    return [(notice, entries) for notice, entries in pairs if entries is not None]


def last_told(notices: Iterable[Notice]) -> frozenset[Entry]:
    """Return what the newest digest that stands tells."""
    live = standing(notices)
    return live[-1][1] if live else frozenset()


def is_news(entries: Iterable[Entry], before: Iterable[Entry]) -> bool:
    """Tell whether somebody should hear of *entries* anew: one was not told *before*, or has climbed since."""
    rungs = {each.what: each.rung for each in before}
    return any(rungs.get(each.what, -1) < each.rung for each in entries)


def people_of(lines: Iterable[Line]) -> tuple[str, ...]:
    """Return whom the lines concern, each once, in order."""
    return tuple(sorted({name for line in lines for name in line.people}))


def digests(
    log: Item, lines: Sequence[Line], notices: Iterable[Notice], readers: frozenset[str]
) -> Iterator[PostNotice]:
    """Yield what makes the digests on *log* say *lines*; *notices* stand there, *readers* are who can see the log."""
    live = standing(notices)
    newest = live[-1] if live else None
    wanted = frozenset(line.entry for line in lines)
    if not wanted:
        yield from _ended(log, live, _RESOLVED, "people have acted")
        return
    if newest is None or is_news(wanted, newest[1]):
        yield from _ended(log, live, _SUPERSEDED, "a newer digest takes its place")
        told_now = tuple(name for name in people_of(lines) if name in readers)
        yield PostNotice(log, DIGEST, _body(lines, readers), "somebody should hear of it", mentions=told_now)
        return
    yield from _ended(log, live[:-1], _SUPERSEDED, "a newer digest has taken its place")
    if wanted != newest[1] and not newest[0].is_edited:
        yield PostNotice(log, DIGEST, _body(lines, readers), "less is left to say", newest[0].gid)


def superseded(log: Item, notices: Iterable[Notice]) -> Iterator[PostNotice]:
    """Yield what ends the digests on *log*, because another place tells them."""
    yield from _ended(log, standing(notices), _SUPERSEDED, "another issue tells it")


def _ended(
    log: Item, live: Iterable[tuple[Notice, frozenset[Entry]]], words: str, reason: str
) -> Iterator[PostNotice]:
    for notice, _ in live:
        if not notice.is_edited:
            yield PostNotice(log, DIGEST, f"{first_line(DIGEST)}{words}\n", reason, notice.gid)


def _body(lines: Sequence[Line], readers: frozenset[str]) -> str:
    """Return the words: each person once, with what concerns them; names of who cannot see the log are no mentions."""
    entries = " ".join(map(str, sorted(line.entry for line in lines)))
    parts = [f"{first_line(DIGEST)}<!-- psbot told: {entries} -->\n**Gone quiet**"]
    for name in people_of(lines):
        shown = f"@{name}" if name in readers else f"{inert(name)} (cannot see this place, so was not told)"
        theirs = [f"- {line.words} (`{line.place}`)" for line in lines if name in line.people]
        if more := theirs[_SHOWN:]:
            theirs = [*theirs[:_SHOWN], f"- and {len(more)} more"]
        parts.append("\n".join([f"{shown}:", "", *theirs]))
    return "\n\n".join(parts) + "\n"


def sentence(title: str, says: str, since: date, by: str | None, limit: str) -> str:
    """Return a line's words, in which nothing of what people wrote is active."""
    who = f", last {inert(by)}" if by else ""
    return f"{inert(defused(title))}: {inert(says)}; since {since.isoformat()}{who}; {limit}"

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
from psbot.core.notices.notice import DIGEST, marker_line
from psbot.core.text.escape import escape_markdown, neutralize

_ENTRIES_COMMENT = re.compile(r"^<!-- psbot told: (?P<entries>[^<>]*) -->\r?$", re.MULTILINE)
_ENTRY = re.compile(
    r"(?P<policy>[a-z0-9-]+)\|(?P<item>[A-Za-z0-9/:-]+)\|(?P<since>\d{4}-\d\d-\d\d)\|(?P<rung>\d{1,2})"
)
_MAX_LINES_PER_PERSON = (
    500  # lines of one person; a note takes 1,000,000 characters (GitLab's limit of a note)
)
_SUPERSEDED = "Resolved: a newer digest takes its place."
_RESOLVED = "Resolved: people have acted, nothing is left to say."


@dataclass(frozen=True, slots=True, order=True)
class DigestEntry:
    """One thing that a digest tells: the finding, since when it is so, and the rung of the ladder it has come to.

    ``item`` is a key; in a portfolio digest that of the engagement and a colon come first.
    """

    policy: str
    item: str
    since: date
    step: int

    def __str__(self) -> str:
        return f"{self.policy}|{self.item}|{self.since.isoformat()}|{self.step}"

    @property
    def finding(self) -> tuple[str, str, date]:
        """Return what makes it the same entry on any rung."""
        return (self.policy, self.item, self.since)


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One line of a digest: the entry, its sentence, where the item is, and the usernames of whom it concerns."""

    entry: DigestEntry
    text: str
    reference: str
    recipients: tuple[str, ...]


def entries_of(body: str) -> frozenset[DigestEntry] | None:
    """Return what the digest *body* tells; None where it was superseded, resolved, or is not readable."""
    match = _ENTRIES_COMMENT.search(body)
    if match is None:
        return None
    found = [_ENTRY.fullmatch(word) for word in match["entries"].split()]
    try:
        return frozenset(
            DigestEntry(each["policy"], each["item"], date.fromisoformat(each["since"]), int(each["rung"]))
            for each in found
            if each
        )
    except ValueError:
        return None  # a person has written the line


def live_digests(notices: Iterable[Notice]) -> list[tuple[Notice, frozenset[DigestEntry]]]:
    """Return the digests that still tell something, oldest first."""
    pairs = [(notice, entries_of(notice.body)) for notice in notices if notice.identity == DIGEST]
    return [(notice, entries) for notice, entries in pairs if entries is not None]


def last_entries(notices: Iterable[Notice]) -> frozenset[DigestEntry]:
    """Return what the newest digest that stands tells."""
    live = live_digests(notices)
    return live[-1][1] if live else frozenset()


def needs_notification(entries: Iterable[DigestEntry], known: Iterable[DigestEntry]) -> bool:
    """Tell whether somebody should hear of *entries* anew: one was not told *before*, or has climbed since."""
    rungs = {each.finding: each.step for each in known}
    return any(rungs.get(each.finding, -1) < each.step for each in entries)


def recipients_of(lines: Iterable[DigestLine]) -> tuple[str, ...]:
    """Return whom the lines concern, each once, in order."""
    return tuple(sorted({name for line in lines for name in line.recipients}))


def plan_digests(
    log: Item, lines: Sequence[DigestLine], notices: Iterable[Notice], readers: frozenset[str]
) -> Iterator[PostNotice]:
    """Yield what makes the digests on *log* say *lines*; *notices* stand there, *readers* are who can see the log."""
    live = live_digests(notices)
    newest = live[-1] if live else None
    wanted = frozenset(line.entry for line in lines)
    if not wanted:
        yield from _resolve(log, live, _RESOLVED, "people have acted")
        return
    if newest is None or needs_notification(wanted, newest[1]):
        yield from _resolve(log, live, _SUPERSEDED, "a newer digest takes its place")
        told_now = tuple(name for name in recipients_of(lines) if name in readers)
        yield PostNotice(
            log, DIGEST, _render_body(lines, readers), "somebody should hear of it", mentions=told_now
        )
        return
    yield from _resolve(log, live[:-1], _SUPERSEDED, "a newer digest has taken its place")
    if wanted != newest[1] and not newest[0].is_edited:
        yield PostNotice(log, DIGEST, _render_body(lines, readers), "less is left to say", newest[0].gid)


def supersede(log: Item, notices: Iterable[Notice]) -> Iterator[PostNotice]:
    """Yield what ends the digests on *log*, because another place tells them."""
    yield from _resolve(log, live_digests(notices), _SUPERSEDED, "another issue tells it")


def _resolve(
    log: Item, live: Iterable[tuple[Notice, frozenset[DigestEntry]]], message: str, reason: str
) -> Iterator[PostNotice]:
    for notice, _ in live:
        if not notice.is_edited:
            yield PostNotice(log, DIGEST, f"{marker_line(DIGEST)}{message}\n", reason, notice.gid)


def _render_body(lines: Sequence[DigestLine], readers: frozenset[str]) -> str:
    """Return the words: each person once, with what concerns them; names of who cannot see the log are no mentions."""
    entries = " ".join(map(str, sorted(line.entry for line in lines)))
    parts = [f"{marker_line(DIGEST)}<!-- psbot told: {entries} -->\n**Gone quiet**"]
    for name in recipients_of(lines):
        shown = (
            f"@{name}"
            if name in readers
            else f"{escape_markdown(name)} (cannot see this place, so was not told)"
        )
        theirs = [f"- {line.text} (`{line.reference}`)" for line in lines if name in line.recipients]
        if more := theirs[_MAX_LINES_PER_PERSON:]:
            theirs = [*theirs[:_MAX_LINES_PER_PERSON], f"- and {len(more)} more"]
        parts.append("\n".join([f"{shown}:", "", *theirs]))
    return "\n\n".join(parts) + "\n"


def line_text(title: str, message: str, since: date, username: str | None, limit: str) -> str:
    """Return a line's words, in which nothing of what people wrote is active."""
    who = f", last {escape_markdown(username)}" if username else ""
    return f"{escape_markdown(neutralize(title))}: {escape_markdown(message)}; since {since.isoformat()}{who}; {limit}"

"""Plan the digest of stale items in the engagement log: one note that lists them by the people responsible.

A new digest is posted when there is something new to notify people of, and the one before is marked as superseded. A
digest is edited when it gets shorter, and resolved when no stale items remain. A comment below its first line holds
its entries, so that a run knows what people were notified of without a database. A digest that a person has edited is
left alone. What another account of psbot has posted cannot be edited but counts as told: a new note that mentions
nobody takes its place when it gets shorter or nothing is left.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from psbot.core.model.history import Notice
from psbot.core.model.item import Item
from psbot.core.model.operations import PostNotice
from psbot.core.notices.notice import DIGEST, marker_line
from psbot.core.text.escape import escape_markdown

_ENTRIES_COMMENT = re.compile(r"^<!-- psbot told: (?P<entries>[^<>]*) -->\r?$", re.MULTILINE)
_ENTRY = re.compile(
    r"(?P<policy>[a-z0-9-]+)\|(?P<item>[A-Za-z0-9/:-]+)\|(?P<since>\d{4}-\d\d-\d\d)\|(?P<step>\d{1,2})"
)
_MAX_LINES_PER_PERSON = 500  # a note holds up to 1,000,000 characters (GitLab's limit of a note)
_SUPERSEDED = "superseded by a newer digest"
_NONE_LEFT = "no stale items remain"


@dataclass(frozen=True, slots=True, order=True)
class DigestEntry:
    """One finding in a digest: the policy, the item, the day it became stale and the escalation step it has reached.

    ``item`` is a key; in a portfolio digest the engagement's key and a colon come first.
    """

    policy: str
    item: str
    since: date
    step: int

    def __str__(self) -> str:
        return f"{self.policy}|{self.item}|{self.since.isoformat()}|{self.step}"

    @property
    def finding_key(self) -> tuple[str, str, date]:
        """Return what identifies the finding on any escalation step."""
        return (self.policy, self.item, self.since)


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One line of a digest: the entry, its text, the reference of the item and who is responsible (usernames)."""

    entry: DigestEntry
    text: str
    reference: str
    recipients: tuple[str, ...]


def entries_of(body: str) -> frozenset[DigestEntry] | None:
    """Return the entries of the digest *body*; None if it is superseded, resolved or not readable."""
    match = _ENTRIES_COMMENT.search(body)
    if match is None:
        return None
    parsed = [_ENTRY.fullmatch(word) for word in match["entries"].split()]
    try:
        return frozenset(
            DigestEntry(each["policy"], each["item"], date.fromisoformat(each["since"]), int(each["step"]))
            for each in parsed
            if each
        )
    except ValueError:
        return None  # a person has edited the comment


def live_digests(notices: Iterable[Notice]) -> list[tuple[Notice, frozenset[DigestEntry]]]:
    """Return the digests that are neither superseded nor resolved, with their entries, oldest first.

    A digest of another account cannot be marked: a later digest of any other account, live or not, supersedes it.
    """
    digests = [notice for notice in notices if notice.identity == DIGEST]
    live: list[tuple[Notice, frozenset[DigestEntry]]] = []
    for number, notice in enumerate(digests):
        is_last = notice.is_own or all(later.author == notice.author for later in digests[number:])
        if is_last and (entries := entries_of(notice.body)) is not None:
            live.append((notice, entries))
    return live


def last_entries(notices: Iterable[Notice]) -> frozenset[DigestEntry]:
    """Return the entries of the newest live digest."""
    live = live_digests(notices)
    return live[-1][1] if live else frozenset()


def needs_notification(entries: Iterable[DigestEntry], known: Iterable[DigestEntry]) -> bool:
    """Tell whether *entries* need a new digest: one of them is not *known*, or has reached a higher step."""
    steps = {each.finding_key: each.step for each in known}
    return any(steps.get(each.finding_key, -1) < each.step for each in entries)


def recipients_of(lines: Iterable[DigestLine]) -> tuple[str, ...]:
    """Return the usernames of the people responsible, each once, sorted."""
    return tuple(sorted({name for line in lines for name in line.recipients}))


def plan_digests(
    log: Item, lines: Sequence[DigestLine], notices: Iterable[Notice], readers: frozenset[str]
) -> Iterator[PostNotice]:
    """Yield the notes to post and edit on *log*, so that its digest lists *lines*; *readers* can see the log."""
    live = live_digests(notices)
    newest = live[-1] if live else None
    desired = frozenset(line.entry for line in lines)
    if not desired:
        yield from _resolve(log, live, _NONE_LEFT)
        if newest is not None and not newest[0].is_own:
            yield PostNotice(log, DIGEST, _resolved_body(_NONE_LEFT), _NONE_LEFT)
        return
    if newest is None or needs_notification(desired, newest[1]):
        yield from _resolve(log, live, _SUPERSEDED)
        mentions = tuple(name for name in recipients_of(lines) if name in readers)
        yield PostNotice(
            log, DIGEST, _render_body(lines, readers), "new or escalated stale items", mentions=mentions
        )
        return
    yield from _resolve(log, live[:-1], _SUPERSEDED)
    if desired == newest[1] or newest[0].is_edited:
        return
    if newest[0].is_own:
        yield PostNotice(log, DIGEST, _render_body(lines, readers), "fewer stale items remain", newest[0].gid)
    else:
        body = _render_body(lines, readers, can_mention=False)
        yield PostNotice(log, DIGEST, body, "fewer stale items remain than another account has posted")


def supersede(log: Item, notices: Iterable[Notice]) -> Iterator[PostNotice]:
    """Yield the edits that mark the digests on *log* as superseded, because another issue has them."""
    yield from _resolve(log, live_digests(notices), _SUPERSEDED)


def _resolve(
    log: Item, live: Iterable[tuple[Notice, frozenset[DigestEntry]]], reason: str
) -> Iterator[PostNotice]:
    for notice, _ in live:
        if notice.is_own and not notice.is_edited:
            yield PostNotice(log, DIGEST, _resolved_body(reason), reason, notice.gid)


def _resolved_body(reason: str) -> str:
    return f"{marker_line(DIGEST)}Resolved: {reason}.\n"


def _render_body(lines: Sequence[DigestLine], readers: frozenset[str], *, can_mention: bool = True) -> str:
    """Return the note: each person once with their lines; a person who cannot see the log is named, not mentioned.

    Without *can_mention* nobody is mentioned: another account has notified them before.
    """
    entries = " ".join(map(str, sorted(line.entry for line in lines)))
    parts = [f"{marker_line(DIGEST)}<!-- psbot told: {entries} -->\n**Stale items**"]
    for name in recipients_of(lines):
        own = [f"- {line.text} (`{line.reference}`)" for line in lines if name in line.recipients]
        if more := own[_MAX_LINES_PER_PERSON:]:
            own = [*own[:_MAX_LINES_PER_PERSON], f"- plus {len(more)} more"]
        recipient = _recipient(name, readers) if can_mention or name not in readers else escape_markdown(name)
        parts.append("\n".join([f"{recipient}:", "", *own]))
    return "\n\n".join(parts) + "\n"


def _recipient(name: str, readers: frozenset[str]) -> str:
    return (
        f"@{name}"
        if name in readers
        else f"{escape_markdown(name)} (not notified: no access to this project)"
    )


def line_text(title: str, message: str, since: date, username: str | None, limit: str) -> str:
    """Return the text of a line, in which nothing that people wrote mentions, links or runs anything."""
    who = f", last activity by {escape_markdown(username)}" if username else ""
    return f"{escape_markdown(title)}: {escape_markdown(message)}; since {since.isoformat()}{who}; {limit}"

"""Findings that live in the engagement log as notices: each is posted once, edited, resolved, or posted anew."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from psbot.core.model.finding import Finding
from psbot.core.model.history import Notice
from psbot.core.model.item import Item
from psbot.core.model.operations import PostNotice
from psbot.core.text import escape

MEMORY_KEY = "notices"
_FIRST_LINE = re.compile(r"\A<!-- psbot notice: (?P<identity>[A-Za-z0-9:/-]+) -->\r?\n")
DIGEST = "digest/stale"  # it has rules of its own: core/digests.py
REVERTED = "Taken back: "
_RESOLVED = "Resolved: "
_NO_LONGER_TRUE = "it is no longer so"


def parse_identity(body: str) -> str | None:
    """Return the identity in the first line of a note; None where it is no notice."""
    match = _FIRST_LINE.match(body)
    return match["identity"] if match else None


def notice_identity(finding: Finding) -> str:
    """Return what makes a finding the same from run to run: its code and its item."""
    return f"{finding.code}:{finding.item}" if finding.item else finding.code


def plan_notices(
    log: Item, findings: Iterable[Finding], existing: Sequence[Notice], unchecked_items: Collection[str] = ()
) -> Iterator[PostNotice]:
    """Yield what brings the notices on *log* in line with *findings*; *standing* are those there, oldest first.

    What stands about an item that is *unchecked* is left: nobody knows whether it is no longer so.

    Words that a person has put into a notice stay. A finding that comes back after it was resolved is posted anew,
    because somebody should hear of it again. What psbot takes back itself is told once and needs no resolving: its
    message starts with TAKEN_BACK. Of two that stand, as after two runs at once, the older one goes on standing.
    """
    existing = [notice for notice in existing if notice.identity != DIGEST]
    last = _current_notices(existing)
    for each in existing:
        if each is not last[each.identity] and not _is_resolved(each):
            yield PostNotice(log, each.identity, _resolved_body(each), "an older one says it", each.gid)
    wanted = {notice_identity(finding): finding.message for finding in findings}
    for name, message in sorted(wanted.items()):
        body = _render_body(name, message)
        notice = last.get(name)
        if notice is None or _is_resolved(notice):
            yield PostNotice(log, name, body, "somebody should know")
        elif notice.body.split() != body.split() and not notice.is_edited:
            yield PostNotice(log, name, body, "what it says has changed", notice.gid)
    for name, notice in sorted(last.items()):
        is_known = name.partition(":")[2] not in unchecked_items
        if name not in wanted and is_known and not _is_resolved(notice):
            yield PostNotice(log, name, _resolved_body(notice), _NO_LONGER_TRUE, notice.gid)


def _current_notices(existing: Iterable[Notice]) -> dict[str, Notice]:
    """Return the notice of each identity that counts: the oldest that is not resolved, else the newest."""
    last: dict[str, Notice] = {}
    for notice in existing:
        if notice.identity not in last or _is_resolved(last[notice.identity]):
            last[notice.identity] = notice
    return last


def _render_body(identity: str, message: str) -> str:
    return f"{marker_line(identity)}{escape.escape_markdown(message)}\n"


def _resolved_body(notice: Notice) -> str:
    """Return the notice with a word before what it says.

    What a person wrote into it keeps its lines, for a code block is none any more behind that word, and psbot
    must not carry out what a person could not.
    """
    text = _FIRST_LINE.sub("", notice.body)
    said = (
        f"{_NO_LONGER_TRUE}\n\n{escape.without_quick_actions(text)}"
        if notice.is_edited
        else f"{text.strip()}\n"
    )
    return f"{marker_line(notice.identity)}{_RESOLVED}{said}"


def marker_line(identity: str) -> str:
    """Return the first line of the notice *name*, by which it is found again."""
    return f"<!-- psbot notice: {identity} -->\n"


def _is_resolved(notice: Notice) -> bool:
    return _FIRST_LINE.sub("", notice.body).startswith((_RESOLVED, REVERTED))

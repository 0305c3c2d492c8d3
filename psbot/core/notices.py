"""Findings that live in the engagement log as notices: each is posted once, edited, resolved, or posted anew."""

import re
from collections.abc import Iterable, Iterator

from psbot.core import inert
from psbot.core.findings import Finding
from psbot.core.history import Notice
from psbot.core.model import Item
from psbot.core.operations import PostNotice

MEMORY = "notices"
_FIRST_LINE = re.compile(r"\A<!-- psbot notice: (?P<identity>[A-Za-z0-9:/-]+) -->\r?\n")
TAKEN_BACK = "Taken back: "
_RESOLVED = "Resolved: "


def identity_of(body: str) -> str | None:
    """Return the identity in the first line of a note; None where it is no notice."""
    match = _FIRST_LINE.match(body)
    return match["identity"] if match else None


def identity(finding: Finding) -> str:
    """Return what makes a finding the same from run to run: its code and its item."""
    return f"{finding.code}:{finding.item}" if finding.item else finding.code


def notices(log: Item, findings: Iterable[Finding], standing: Iterable[Notice]) -> Iterator[PostNotice]:
    """Yield what brings the notices on *log* in line with *findings*; *standing* are those there, oldest first.

    Words that a person has put into a notice stay. A finding that comes back after it was resolved is posted anew,
    because somebody should hear of it again. What psbot takes back itself is told once and needs no resolving: its
    message starts with TAKEN_BACK.
    """
    last = {notice.identity: notice for notice in standing}
    wanted = {identity(finding): finding.message for finding in findings}
    for name, message in sorted(wanted.items()):
        body = _body(name, message)
        notice = last.get(name)
        if notice is None or _is_resolved(notice):
            yield PostNotice(log, name, body, "somebody should know")
        elif notice.body.split() != body.split() and not notice.is_edited:
            yield PostNotice(log, name, body, "what it says has changed", notice.gid)
    for name, notice in sorted(last.items()):
        if name not in wanted and not _is_resolved(notice):
            text = _FIRST_LINE.sub("", notice.body).strip()
            yield PostNotice(
                log, name, f"{_first_line(name)}{_RESOLVED}{text}\n", "it is no longer so", notice.gid
            )


def _body(name: str, message: str) -> str:
    return f"{_first_line(name)}{inert.inert(message)}\n"


def _first_line(name: str) -> str:
    return f"<!-- psbot notice: {name} -->\n"


def _is_resolved(notice: Notice) -> bool:
    return _FIRST_LINE.sub("", notice.body).startswith((_RESOLVED, TAKEN_BACK))

"""Plan the notices of the engagement log: one note for each finding, posted once, edited in place and then resolved."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from types import MappingProxyType

from psbot.core.model.finding import Finding
from psbot.core.model.history import Notice
from psbot.core.model.item import Item
from psbot.core.model.operations import PostNotice
from psbot.core.text.escape import escape_markdown, is_same_text, without_quick_actions

MEMORY_KEY = "notices"  # the log's marker has this key when notices may stand in the log
DIGEST = "digest/stale"  # the identity of digests, which core/notices/digest.py plans
REVERTED = "Reverted: "
_FIRST_LINE = re.compile(r"\A<!-- psbot notice: (?P<identity>[A-Za-z0-9:/-]+) -->\r?\n")
_RESOLVED = "Resolved: "
_NO_LONGER_TRUE = "no longer applies"
_DONE = (
    _RESOLVED,
    REVERTED,
    "Taken back: ",
)  # how notices begin that need no resolving; the last from earlier versions
# Codes under which notices stand in GitLab that earlier versions posted, and the codes of the same findings now.
_FORMER_CODES = MappingProxyType(
    {
        "does-not-count": "unauthorized-change",
        "illegal-phase": "transition-refused",
        "in-customers-sight": "visible-to-customer",
        "instrument-differs": "instrument-mismatch",
    }
)


def parse_identity(body: str) -> str | None:
    """Return the identity in the first line of a note, with the present code; None if it is not a notice."""
    match = _FIRST_LINE.match(body)
    return _with_present_code(match["identity"]) if match else None


def notice_identity(finding: Finding) -> str:
    """Return what makes a finding the same from run to run: its code and its item."""
    return _with_present_code(f"{finding.code}:{finding.item}" if finding.item else finding.code)


def _with_present_code(identity: str) -> str:
    code, colon, item = identity.partition(":")
    return f"{_FORMER_CODES.get(code, code)}{colon}{item}"


def plan_notices(
    log: Item, findings: Iterable[Finding], existing: Sequence[Notice], unchecked_items: Collection[str] = ()
) -> Iterator[PostNotice]:
    """Yield the notes to post and edit on *log*, so that its notices match *findings*; *existing* are oldest first.

    Notices about *unchecked_items* stay as they are, because nobody knows whether they still apply. Text that a person
    has written into a notice stays. A finding that returns after it was resolved is posted again, so that GitLab
    notifies people again. A message that starts with REVERTED is posted once and never resolved. Of two notices of one
    finding, which two concurrent runs can leave behind, the older one stays. What another account of psbot has posted
    counts as posted; where it has to change, a new notice supersedes it.
    """
    existing = [notice for notice in existing if notice.identity != DIGEST]
    current = _current_notices(existing)
    for each in existing:
        if each.is_own and each is not current[each.identity] and not _is_done(each):
            yield PostNotice(
                log, each.identity, _resolved_body(each), "duplicate of another notice", each.gid
            )
    desired = {notice_identity(finding): finding.message for finding in findings}
    for identity, message in sorted(desired.items()):
        body = _render_body(identity, message)
        notice = current.get(identity)
        if notice is None or _is_done(notice):
            yield PostNotice(log, identity, body, "new finding")
        elif not notice.is_edited and not is_same_text(_text(notice.body), _text(body)):
            yield PostNotice(log, identity, body, "the message of the finding has changed", _editable(notice))
    for identity, notice in sorted(current.items()):
        is_checked = identity.partition(":")[2] not in unchecked_items
        if identity not in desired and is_checked and not _is_done(notice):
            yield PostNotice(log, identity, _resolved_body(notice), _NO_LONGER_TRUE, _editable(notice))


def _current_notices(existing: Iterable[Notice]) -> dict[str, Notice]:
    """Return one notice for each identity: the last account's oldest that is not resolved, else its newest.

    An account posts a notice that another account has posted too only to supersede it.
    """
    current: dict[str, Notice] = {}
    for notice in existing:
        before = current.get(notice.identity)
        if before is None or before.author != notice.author or _is_done(before):
            current[notice.identity] = notice
    return current


def _editable(notice: Notice) -> str | None:
    """Return the global id of the note to edit; None where a new note has to be posted."""
    return notice.gid if notice.is_own else None


def _render_body(identity: str, message: str) -> str:
    return f"{marker_line(identity)}{escape_markdown(message)}\n"


def _resolved_body(notice: Notice) -> str:
    """Return the body of *notice* marked as resolved.

    Lines that a person wrote stay lines of their own. The prefix can end a code block, so that a quick action inside it
    would become active: psbot must not run, with its own rights, what a person was not allowed to run.
    """
    text = _text(notice.body)
    end = f"{_NO_LONGER_TRUE}.\n\n{without_quick_actions(text)}" if notice.is_edited else f"{text.strip()}\n"
    return f"{marker_line(notice.identity)}{_RESOLVED}{end}"


def marker_line(identity: str) -> str:
    """Return the first line of a notice, by which psbot recognises it."""
    return f"<!-- psbot notice: {identity} -->\n"


def _text(body: str) -> str:
    return _FIRST_LINE.sub("", body)


def _is_done(notice: Notice) -> bool:
    return _text(notice.body).startswith(_DONE)

"""psbot's one note on a merge request: found by its marker and author, edited, never repeated.

GitLab lets nobody but its author edit a note. Where another account of psbot has written the note, a new one takes its
place as soon as the plan has changed.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from psbot.core.plan.review import ReviewedPlan
from psbot.core.text.escape import is_same_text
from psbot.gitlab.merge_requests import MergeRequestNote, MergeRequests
from psbot.gitlab.ports import Unclear

_MARKER = re.compile(r"\A<!-- psbot: note=plan data=([A-Za-z0-9_-]*) -->\s")
_MAX_DATA_BYTES = 1_000_000  # bytes of the data, unpacked


def with_marker(reviewed: Mapping[str, ReviewedPlan], text: str) -> str:
    """Return *text* below a marker line that contains, by engagement, what reviewers saw."""
    data = {key: [each.checksum, dict(each.operations)] for key, each in reviewed.items()}
    packed = zlib.compress(json.dumps(data, sort_keys=True, separators=(",", ":")).encode(), 9)
    coded = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return f"<!-- psbot: note=plan data={coded} -->\n{text.strip()}\n"


def parse_reviewed(body: str) -> Mapping[str, ReviewedPlan] | None:
    """Return what reviewers saw of each engagement; None where *body* is not a plan note, or its data is damaged."""
    match = _MARKER.match(body)
    if match is None:
        return None
    try:
        packed = base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4))
        data = json.loads(zlib.decompressobj().decompress(packed, _MAX_DATA_BYTES))
        return {str(key): ReviewedPlan(str(checksum), _texts(seen)) for key, (checksum, seen) in data.items()}
    except (binascii.Error, zlib.error, ValueError, TypeError, AttributeError):
        return None


def _texts(seen: Mapping[object, object]) -> dict[str, str]:
    return {str(name): str(what) for name, what in seen.items()}


@dataclass(frozen=True, slots=True)
class PlanNote:
    """The note with the plan; with ``is_own``, the present account wrote it and can edit it."""

    note: MergeRequestNote
    is_own: bool

    @property
    def body(self) -> str:
        """Return the text of the note."""
        return self.note.body


def find_plan_note(
    merge_requests: MergeRequests, iid: int, machine_accounts: frozenset[str] = frozenset()
) -> PlanNote | None:
    """Return psbot's note on a merge request: of the account that wrote one last, the oldest.

    Markers count in notes of the present account, of bots and service accounts, and of *machine_accounts* (the
    usernames in config/accounts.yml); in notes of other accounts they are ignored.
    """
    account = merge_requests.fetch_account()
    notes = [each for each in merge_requests.fetch_notes(iid) if _MARKER.match(each.body)]
    listed = {each.author for each in notes if each.username in machine_accounts}
    psbots = {
        author
        for author in {each.author for each in notes}
        if author == account or author in listed or merge_requests.is_bot(author)
    }
    found: MergeRequestNote | None = None
    for each in notes:
        if each.author in psbots and (found is None or found.author != each.author):
            found = each
    return PlanNote(found, found.author == account) if found else None


def publish(
    merge_requests: MergeRequests,
    iid: int,
    body: str,
    *,
    may_create: bool,
    machine_accounts: frozenset[str] = frozenset(),
) -> str:
    """Create or edit psbot's note with *body*; return what was done. A missing note is created only if *may_create*.

    After an unclear answer the notes are read again, and nothing is sent a second time. Raises GitLabError.
    """
    found = find_plan_note(merge_requests, iid, machine_accounts)
    if found is None and not may_create:
        return "left out"
    if found is not None and _is_same_text(found.body, body):
        return "up to date"
    try:
        if found is None or not found.is_own:
            merge_requests.create_note(iid, body)
        else:
            merge_requests.update_note(iid, found.note.id, body)
    except Unclear:
        again = find_plan_note(merge_requests, iid, machine_accounts)
        if again is None or not _is_same_text(again.body, body):
            raise
    return "edited" if found is not None and found.is_own else "written"


def _is_same_text(one: str, other: str) -> bool:
    return is_same_text(one, other)

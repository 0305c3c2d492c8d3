"""psbot's one note on a merge request: found by its marker and author, edited, never repeated."""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping

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


def find_own_note(merge_requests: MergeRequests, iid: int) -> MergeRequestNote | None:
    """Return psbot's oldest note on a merge request; markers in notes of other accounts are ignored."""
    account = merge_requests.fetch_account()
    notes = merge_requests.fetch_notes(iid)
    return next((each for each in notes if each.author == account and _MARKER.match(each.body)), None)


def publish(merge_requests: MergeRequests, iid: int, body: str, *, may_create: bool) -> str:
    """Create or edit psbot's note with *body*; return what was done. A missing note is created only if *may_create*.

    After an unclear answer the notes are read again, and nothing is sent a second time. Raises GitLabError.
    """
    found = find_own_note(merge_requests, iid)
    if found is None and not may_create:
        return "left out"
    if found is not None and _is_same_text(found.body, body):
        return "up to date"
    try:
        if found is None:
            merge_requests.create_note(iid, body)
        else:
            merge_requests.update_note(iid, found.id, body)
    except Unclear:
        again = find_own_note(merge_requests, iid)
        if again is None or not _is_same_text(again.body, body):
            raise
    return "written" if found is None else "edited"


def _is_same_text(one: str, other: str) -> bool:
    return is_same_text(one, other)

"""Finds quick actions in text, following GitLab's documentation and its extractor.

A quick action is a line that starts with ``/`` and a known name, in any case. Lines in fenced code, inline code on
lines of its own, ``<tag>`` blocks and ``>>>`` blocks do not count; an HTML comment protects nothing. A line with an
unknown command stays text.
"""

import re
from dataclasses import dataclass

_ALIASES = {
    "open": "reopen",
    "labels": "label",
    "remove_label": "unlabel",
    "remove_due": "remove_due_date",
    "spend_time": "spend",
    "estimate_time": "estimate",
    "assignee": "assign",
    "todo": "todo",
}
KNOWN_ACTIONS = frozenset(
    {
        "close",
        "reopen",
        "label",
        "unlabel",
        "relabel",
        "assign",
        "unassign",
        "reassign",
        "due",
        "remove_due_date",
        "title",
        "confidential",
        "spend",
        "remove_time_spent",
        "estimate",
        "remove_estimate",
        "done",
        "todo",
        "lock",
        "unlock",
    }
)
_EXCLUDED = re.compile(
    r"""
      ^(?P<fence>`{3,}|~{3,})[^\n]*\n .*? (?:\n(?P=fence)[ \t]*$ | \Z)
    | ^<[^>!][^>]*?>[ \t]*\n .+? \n</[^>]+?>[ \t]*$
    | ^>>>[^\n]*\n .+? \n>>>[ \t]*$
    | `[^\n`]+`
    | `\n+ [^`]+? \n+`
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_NAMES = "|".join(sorted({*KNOWN_ACTIONS, *_ALIASES}, key=len, reverse=True))
_COMMAND = re.compile(
    rf"^/(?P<name>{_NAMES})(?:[ \t]+(?P<argument>[^\n]*?))?[ \t]*\r?(?:\n|\Z)",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class QuickAction:
    """One quick action: its name, never an alias, and the rest of its line."""

    name: str
    argument: str = ""


def extract(text: str) -> tuple[str, list[QuickAction]]:
    """Return *text* without its quick actions, and the quick actions in order.

    Carriage returns and white space at the end are removed in any case (GitLab, lib/gitlab/quick_actions/
    extractor.rb@7e202c4f).
    """
    text = text.replace("\r", "").rstrip()
    if "/" not in text:
        return text, []
    kept: list[str] = []
    found: list[QuickAction] = []
    spans = [match.span() for match in _EXCLUDED.finditer(text)]
    at = 0
    for match in _COMMAND.finditer(text):
        if any(start <= match.start() < end for start, end in spans):
            continue
        name = match["name"].lower()
        found.append(QuickAction(_ALIASES.get(name, name), (match["argument"] or "").strip()))
        kept.append(text[at : match.start()])
        at = match.end()
    if not found:
        return text, []
    return ("".join(kept) + text[at:]).strip(), found

"""What a command needs of GitLab: the smallest scope of a token, and the lowest role of its account."""

from collections.abc import Mapping
from dataclasses import dataclass

WRITING, READING = "api", "read_api"  # scopes of a token


@dataclass(frozen=True, slots=True)
class Need:
    """The smallest scope of a token, and in words the lowest role of its account."""

    scope: str
    role: str


_PLANNER = "Planner in the group and both projects"
_AND_LABELS = f"{_PLANNER}, and in the label group where labels are missing"
# By command; those that are not named ask nothing of GitLab.
NEEDS: Mapping[str, Need] = {
    "advance": Need(WRITING, _AND_LABELS),
    "apply": Need(WRITING, _AND_LABELS),
    "change-request": Need(WRITING, _AND_LABELS),
    "doctor": Need(
        READING, "none; it says what is too low. Maintainer to see the engagements repository's settings"
    ),
    "explain": Need(READING, _PLANNER),
    "labels": Need(READING, "any that sees the label group"),
    "plan": Need(READING, _PLANNER),
    "sign-off": Need(WRITING, _AND_LABELS),
    "stale": Need(WRITING, _AND_LABELS),
    "status": Need(READING, _PLANNER),
}


def commands(scope: str) -> list[str]:
    """Return the commands whose smallest scope is *scope*."""
    return [command for command, need in NEEDS.items() if need.scope == scope]


def rows(needs: Mapping[str, Need]) -> list[tuple[str, str, str]]:
    """Return commands, scope and role; commands that need the same share a row, those that write come last."""
    same: dict[Need, list[str]] = {}
    for command in sorted(needs):
        same.setdefault(needs[command], []).append(command)
    found = ((", ".join(names), need.scope, need.role) for need, names in same.items())
    return sorted(found, key=lambda row: row[1] == WRITING)

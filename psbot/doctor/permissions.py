"""The smallest scope of a token and the lowest role of its account that each command needs."""

from collections.abc import Mapping
from dataclasses import dataclass

WRITE_SCOPE, READ_SCOPE = "api", "read_api"  # scopes of a token


@dataclass(frozen=True, slots=True)
class Requirement:
    """The smallest scope of a token, and a description of the lowest role of its account."""

    scope: str
    role: str


_PLANNER = "Planner in the group and both projects"
_AND_LABELS = f"{_PLANNER}, and in the label group if labels are missing"
# By command; other commands need nothing from GitLab.
REQUIREMENTS: Mapping[str, Requirement] = {
    "advance": Requirement(WRITE_SCOPE, _AND_LABELS),
    "apply": Requirement(WRITE_SCOPE, _AND_LABELS),
    "change-request": Requirement(WRITE_SCOPE, _AND_LABELS),
    "doctor": Requirement(
        READ_SCOPE,
        "none; it reports roles that are too low. Maintainer to read the engagements repository's settings. "
        f"--probe: {WRITE_SCOPE}, and Planner or Owner in the scratch group to delete what it creates",
    ),
    "explain": Requirement(READ_SCOPE, _PLANNER),
    "labels": Requirement(READ_SCOPE, "any with access to the label group"),
    "plan": Requirement(READ_SCOPE, _PLANNER),
    "sign-off": Requirement(WRITE_SCOPE, _AND_LABELS),
    "stale": Requirement(WRITE_SCOPE, _AND_LABELS),
    "status": Requirement(READ_SCOPE, _PLANNER),
}


def commands_with_scope(scope: str) -> list[str]:
    """Return the commands whose smallest scope is *scope*."""
    return [command for command, need in REQUIREMENTS.items() if need.scope == scope]


def requirement_rows(needs: Mapping[str, Requirement]) -> list[tuple[str, str, str]]:
    """Return commands, scope and role; commands with the same needs share a row, commands that write come last."""
    same: dict[Requirement, list[str]] = {}
    for command in sorted(needs):
        same.setdefault(needs[command], []).append(command)
    found = ((", ".join(names), need.scope, need.role) for need, names in same.items())
    return sorted(found, key=lambda row: row[1] == WRITE_SCOPE)

"""Findings that the engagement file alone gives: no engineer, no signed deal, skipped items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Protocol

from psbot.core.model.finding import Finding, Severity

if TYPE_CHECKING:
    from psbot.core.model.engagement import Engagement
    from psbot.core.model.process import Kind


class HasKinds(Protocol):
    """Anything with item kinds, such as the process."""

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Return the kinds by name."""


def collect_file_findings(engagement: Engagement, process: HasKinds, today: date) -> Iterator[Finding]:
    """Yield the findings of an engagement that do not depend on GitLab."""
    is_won = engagement.is_won(today)
    if is_won and not engagement.engineers:
        yield Finding(
            "no-engineer",
            Severity.WARNING,
            f"No engineer is named, although the deal is Closed Won since {engagement.closed_won_on}. Items of the "
            f"lead are assigned to {engagement.manager} until `people.engineers` names somebody.",
        )
    if not is_won and engagement.kick_off_on <= today:
        yield Finding(
            "kick-off-without-deal",
            Severity.WARNING,
            f"The kick-off was planned for {engagement.kick_off_on}, but the deal is not Closed Won. "
            "Set `closed_won_on`, move `kick_off_on`, or get work at risk approved.",
        )
    for name, reason in sorted(engagement.skip.items()):
        kind = process.kinds.get(name)
        if kind and engagement.matches(kind.only):
            yield Finding("skipped", Severity.INFO, f"{name} is skipped: {reason}", name)

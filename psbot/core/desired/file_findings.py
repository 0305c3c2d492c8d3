"""File findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Protocol

from psbot.core.model.finding import Finding, Severity

if TYPE_CHECKING:
    from psbot.core.model.engagement import Engagement
    from psbot.core.model.process import Kind


class HasKinds(Protocol):
    """Something that knows the kinds of items, such as the process."""

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Return the kinds by name."""


def collect_file_findings(engagement: Engagement, process: HasKinds, today: date) -> Iterator[Finding]:
    """Yield what a person should know of an engagement, whatever GitLab says."""
    is_won = engagement.is_won(today)
    if is_won and not engagement.engineers:
        yield Finding(
            "no-engineer",
            Severity.WARNING,
            f"no engineer is named since Closed Won ({engagement.closed_won_on}); items of the lead go to "
            f"{engagement.manager} until people.engineers names one",
        )
    if not is_won and engagement.kick_off_on <= today:
        yield Finding(
            "kick-off-without-deal",
            Severity.WARNING,
            f"the kick-off was planned for {engagement.kick_off_on} and the deal is not Closed Won; "
            "set closed_won_on, move kick_off_on, or have work at risk approved",
        )
    for name, reason in sorted(engagement.skip.items()):
        kind = process.kinds.get(name)
        if kind and engagement.matches(kind.only):
            yield Finding("skipped", Severity.INFO, f"{name} is left out: {reason}", name)

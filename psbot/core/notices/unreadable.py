"""The findings about items whose changes of labels psbot cannot read in GitLab."""

from collections.abc import Iterator

from psbot.core.model.finding import Finding, Severity
from psbot.core.model.history import Histories

UNREADABLE = "unreadable-history"  # the code of these findings


def find_unreadable(histories: Histories) -> Iterator[Finding]:
    """Yield a finding for each item whose label history cannot be read; no later run could read it either."""
    for key in histories.unreadable_items():
        yield Finding(
            UNREADABLE,
            Severity.WARNING,
            f"The label changes of {key} cannot be read: GitLab words their system notes in a way that psbot does not "
            "know, and the REST API does not show them. Rules that need them are skipped; `psbot doctor` says what to "
            "do.",
            key,
        )

"""Plan."""

from collections.abc import Sequence
from datetime import datetime

from psbot.core.model.process import Limits
from psbot.report.json_text import data_text
from psbot.report.plan_json import as_data
from psbot.report.plan_rows import Planned


def rendered(form: str, planned: Sequence[Planned], limits: Limits, now: datetime) -> str:
    """Return *planned* as ``text``, ``json`` or ``markdown``."""
    if form == "json":
        return data_text(as_data(planned, limits, now))
    if form == "markdown":
        from psbot.report import plan_markdown as markdown

        return markdown.plans(planned, limits)
    from psbot.report import plan_text as text  # here, because rich is slow to import and only text needs it

    return text.plans(planned, limits)

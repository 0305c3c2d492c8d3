"""Plan."""

from collections.abc import Sequence
from datetime import datetime

from psbot.core.model.process import Limits
from psbot.report.json_text import to_json
from psbot.report.plan_json import as_data
from psbot.report.plan_rows import FilePlan


def render_plans(form: str, planned: Sequence[FilePlan], limits: Limits, now: datetime) -> str:
    """Return *planned* as ``text``, ``json`` or ``markdown``."""
    if form == "json":
        return to_json(as_data(planned, limits, now))
    if form == "markdown":
        from psbot.report import plan_markdown

        return plan_markdown.plans_markdown(planned, limits)
    from psbot.report import plan_text  # here, because rich is slow to import and only text needs it

    return plan_text.plans_text(planned, limits)

"""Renders plans as text, JSON or Markdown."""

from collections.abc import Sequence
from datetime import datetime

from psbot.core.model.process import Limits
from psbot.report.forms import render
from psbot.report.plan_json import as_data
from psbot.report.plan_markdown import plans_markdown
from psbot.report.plan_rows import FilePlan


def render_plans(form: str, plans: Sequence[FilePlan], limits: Limits, now: datetime) -> str:
    """Return *plans* as ``text``, ``json`` or ``markdown``."""
    return render(
        form,
        text=lambda: _text(plans, limits),
        json=lambda: as_data(plans, limits, now),
        markdown=lambda: plans_markdown(plans, limits),
    )


def _text(plans: Sequence[FilePlan], limits: Limits) -> str:
    from psbot.report.plan_text import plans_text  # here, because rich is slow to import

    return plans_text(plans, limits)

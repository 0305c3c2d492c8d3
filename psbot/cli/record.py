"""Writes or previews a single change of one engagement, such as a sign-off or a new change request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli.context import App
from psbot.errors import ExitCode, most_severe

if TYPE_CHECKING:
    from psbot.runs.plans import Planner


@dataclass(frozen=True, slots=True)
class SingleWrite:
    """What to write: its planner, the file, the output format, and whether it is only a preview."""

    planner: Planner
    file: Path
    form: str
    is_preview: bool


def perform(app: App, change: SingleWrite) -> ExitCode:
    """Write *change*, or print its plan, and return the exit code."""
    from psbot.runs.portfolio import plan_many, write_many

    if not change.is_preview:
        from psbot.cli.write import WriteRequest, write_portfolio

        write_one = partial(write_many, planner=change.planner)
        return write_portfolio(app, WriteRequest(write_one, (change.file,), change.form, exit_code=False))
    from psbot.cli.preview import plans_from_gitlab
    from psbot.report.plan import render_plans

    codes = [ExitCode.DONE]
    planned = plans_from_gitlab(
        app, app.load_engagements([change.file]), codes, partial(plan_many, planner=change.planner)
    )
    click.echo(render_plans(change.form, planned, app.process.limits, app.now), nl=False)
    return most_severe(codes)

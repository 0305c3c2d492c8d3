"""``psbot advance``: advances engagements along the workflow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option


@click.command(short_help="Advance phases and states, and create items that are due.")
@options.files_argument
@option(
    "--since",
    type=options.Span("mhd", "90m, 2h or 1d"),
    metavar="SPAN",
    help="Read only engagements that changed within this time, such as 2h; due dates are checked for every file.",
)
@options.preview_option
@options.as_me_option
@options.format_option
@options.exit_code_option
@click.pass_obj
def advance(
    app: App,
    files: tuple[Path, ...],
    *,
    since: timedelta | None,
    preview: bool,
    as_me: bool,
    form: str,
    exit_code: bool,
) -> int:
    """Advance phases and states along the workflow, create items that are due, and report unauthorized changes.

    Every run starts from the current state in GitLab: a missed run loses nothing, and a second run writes nothing.
    Titles, dates and assignees are never changed.
    """
    if preview:
        return _preview(app, files, form, exit_code)
    from functools import partial

    from psbot.cli.write import WriteRequest, write_portfolio
    from psbot.runs.portfolio import advance_many

    perform = partial(advance_many, since=app.now - since if since else None, as_me=as_me)
    return write_portfolio(app, WriteRequest(perform, files, form, exit_code))


def _preview(app: App, files: tuple[Path, ...], form: str, exit_code: bool) -> int:
    from psbot.cli.preview import plans_from_gitlab
    from psbot.errors import ExitCode, most_severe
    from psbot.report.plan import render_plans
    from psbot.runs.portfolio import plan_advance_many

    codes = [ExitCode.DONE]
    planned = plans_from_gitlab(
        app, app.load_engagements(options.resolve_files(files)), codes, plan_advance_many
    )
    click.echo(render_plans(form, planned, app.process.limits, app.now), nl=False)
    if exit_code and any(each.needs_attention for each in planned):
        codes.append(ExitCode.FINDINGS)
    return most_severe(codes)

"""``psbot advance``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option


@click.command(short_help="Move phases and states on, and make what has become due.")
@options.files_argument
@option(
    "--since",
    type=options.Span(),
    metavar="SPAN",
    help="Read only what has changed in this time, such as 2h; what a new day brings is looked after for every file.",
)
@option("--preview", is_flag=True, help="Show what it would do, cost and notify; writes nothing.")
@option("--as-me", is_flag=True, help="Write even with a person's token; it counts as that person's doing.")
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
    """Make GitLab follow: move phases and states by the workflow, open what is due, say what does not count.

    It looks at what is, so a missed run changes nothing in the end, and a second one writes nothing. It never
    touches titles, dates and assignees.
    """
    if preview:
        return _preview(app, files, form, exit_code)
    from functools import partial

    from psbot.cli.write import WriteRequest, write_portfolio
    from psbot.runs.portfolio import advance_many

    carry_on = partial(advance_many, since=app.now - since if since else None, as_me=as_me)
    return write_portfolio(app, WriteRequest(carry_on, files, form, exit_code))


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

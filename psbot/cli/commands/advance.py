"""``psbot advance``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from psbot.cli import options as _options
from psbot.cli.context import App
from psbot.cli.options import option


@click.command(short_help="Move phases and states on, and make what has become due.")
@_options.files
@option(
    "--since",
    type=_options.Span(),
    metavar="SPAN",
    help="Read only what has changed in this time, such as 2h; what a new day brings is looked after for every file.",
)
@option("--preview", is_flag=True, help="Show what it would do, cost and notify; writes nothing.")
@option("--as-me", is_flag=True, help="Write even with a person's token; it counts as that person's doing.")
@_options.output_format
@_options.exit_code
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

    from psbot.cli.write import Order, write
    from psbot.runs.portfolio import advance_many

    carry_on = partial(advance_many, since=app.now - since if since else None, as_me=as_me)
    return write(app, Order(carry_on, files, form, exit_code))


def _preview(app: App, files: tuple[Path, ...], form: str, exit_code: bool) -> int:
    from psbot.cli.preview import drawn
    from psbot.errors import Exit, gravest
    from psbot.report.plan import rendered
    from psbot.runs.portfolio import draw_advance_many

    codes = [Exit.DONE]
    planned = drawn(app, app.load(_options.portfolio(files)), codes, draw_advance_many)
    click.echo(rendered(form, planned, app.process.limits, app.now), nl=False)
    if exit_code and any(each.wants_attention for each in planned):
        codes.append(Exit.FINDINGS)
    return gravest(codes)

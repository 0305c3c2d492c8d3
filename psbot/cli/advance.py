"""``psbot advance``."""

from __future__ import annotations

from pathlib import Path

import click

from psbot.cli import _options
from psbot.cli._app import App
from psbot.cli._options import option


@click.command(short_help="Move phases and states on, and make what has become due.")
@_options.files
@option("--preview", is_flag=True, help="Show what it would do, cost and notify; writes nothing.")
@option("--as-me", is_flag=True, help="Write even with a person's token; it counts as that person's doing.")
@_options.output_format
@_options.exit_code
@click.pass_obj
def advance(
    app: App, files: tuple[Path, ...], *, preview: bool, as_me: bool, form: str, exit_code: bool
) -> int:
    """Make GitLab follow: move phases and states by the workflow, open what is due, say what does not count.

    It looks at what is, so a missed run changes nothing in the end, and a second one writes nothing. It never
    touches titles, dates and assignees.
    """
    return _preview(app, files, form, exit_code) if preview else _carry_on(app, files, as_me, form, exit_code)


def _preview(app: App, files: tuple[Path, ...], form: str, exit_code: bool) -> int:
    from psbot.cli._drawing import drawn
    from psbot.drawing import draw_advance
    from psbot.errors import Exit, gravest
    from psbot.report import plans

    codes = [Exit.DONE]
    planned = drawn(app, app.load(_options.portfolio(files)), codes, draw_advance)
    click.echo(plans.rendered(form, planned, app.process.limits, app.now), nl=False)
    if exit_code and any(each.wants_attention for each in planned):
        codes.append(Exit.FINDINGS)
    return gravest(codes)


def _carry_on(app: App, files: tuple[Path, ...], as_me: bool, form: str, exit_code: bool) -> int:
    from dataclasses import replace

    from psbot.cli._writing import Order, write
    from psbot.drawing import draw_advance
    from psbot.people import check_author, check_machine

    check = check_author if as_me else check_machine
    return write(
        app,
        Order(
            files,
            form,
            exit_code,
            shape=lambda work: replace(work, draw=draw_advance, check_author=check),
        ),
    )

"""``psbot plan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import _options
from psbot.cli._app import App
from psbot.cli._options import option

if TYPE_CHECKING:
    from psbot.engagement import Loaded
    from psbot.errors import Exit
    from psbot.report.plans import Planned


@click.command(short_help="Show what apply would do, cost and notify.")
@_options.files
@option("--offline", is_flag=True, help="As if GitLab were empty; needs no server and no token.")
@_options.output_format
@_options.exit_code
@click.pass_obj
def plan(app: App, files: tuple[Path, ...], *, offline: bool, form: str, exit_code: bool) -> int:
    """Show what apply would do and cost, and whom GitLab would notify. Writes nothing."""
    from psbot.errors import Exit, gravest
    from psbot.report import plans

    portfolio = app.load(_options.portfolio(files))
    codes = [Exit.DONE]
    planned = (_offline if offline else _online)(app, portfolio, codes)
    click.echo(plans.rendered(form, planned, app.process.limits, app.now), nl=False)
    if exit_code and any(each.wants_attention for each in planned):
        codes.append(Exit.FINDINGS)
    return gravest(codes)


def _offline(app: App, portfolio: list[Loaded], codes: list[Exit]) -> list[Planned]:
    from psbot.cli._border import say_error

    planned = []
    for loaded in portfolio:
        if loaded.engagement:
            planned.append(app.plan_offline(loaded, loaded.engagement))
        if loaded.error:
            codes.append(say_error(loaded.error))
    return planned


def _online(app: App, portfolio: list[Loaded], codes: list[Exit]) -> list[Planned]:
    from psbot.cli._drawing import drawn
    from psbot.portfolio import draw_up_many

    return drawn(app, portfolio, codes, draw_up_many)

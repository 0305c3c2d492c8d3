"""``psbot plan``."""

from pathlib import Path

import click

from psbot.cli import _options
from psbot.cli._app import App
from psbot.cli._options import option


@click.command(short_help="Show what apply would do, cost and notify.")
@_options.files
@option("--offline", is_flag=True, help="As if GitLab were empty; needs no server and no token.")
@_options.output_format
@_options.exit_code
@click.pass_obj
def plan(app: App, files: tuple[Path, ...], *, offline: bool, form: str, exit_code: bool) -> int:
    """Show what apply would do and cost, and whom GitLab would notify. Writes nothing."""
    from psbot.cli._border import say_error
    from psbot.errors import Exit, PsbotError, gravest
    from psbot.report import plans

    if not offline:
        raise PsbotError("psbot cannot talk to GitLab yet", "add --offline")
    planned, codes = [], [Exit.DONE]
    for loaded in app.load(_options.portfolio(files)):
        if loaded.engagement:
            planned.append(app.plan_offline(loaded, loaded.engagement))
        if loaded.error:
            codes.append(say_error(loaded.error))
    click.echo(plans.rendered(form, planned, app.process.limits, app.now), nl=False)
    if exit_code and any(each.wants_attention for each in planned):
        codes.append(Exit.FINDINGS)
    return gravest(codes)

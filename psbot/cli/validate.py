"""``psbot validate``."""

from pathlib import Path

import click

from psbot.cli import _options
from psbot.cli._app import App


@click.command()
@_options.files
@click.pass_obj
def validate(app: App, files: tuple[Path, ...]) -> int:
    """Check engagement files, offline.

    Every error of a file comes at once, as FILE:LINE:COLUMN, what is wrong and what would be right. Exits with
    2 when a file has errors; warnings leave the exit code at 0. Of the config folder it reads what the files
    have to fit; `psbot plan` reads all of it.
    """
    from psbot.cli._border import say_error
    from psbot.core.inert import printable
    from psbot.engagement import load_portfolio, remarks
    from psbot.errors import Exit, gravest

    codes = [Exit.DONE]
    portfolio = load_portfolio(_options.portfolio(files), app.config)
    for loaded in portfolio:
        for remark in remarks(loaded, app.config, app.now):
            click.echo(printable(f"{remark}"), err=True)
        if loaded.error:
            codes.append(say_error(loaded.error))
        else:
            click.echo(printable(f"{loaded.file}: ok"))
    return gravest(codes)

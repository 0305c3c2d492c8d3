"""``psbot validate``."""

from pathlib import Path

import click

from psbot.cli import options as _options
from psbot.cli.context import App
from psbot.cli.options import option


@click.command()
@_options.files
@option(
    "--format",
    "form",
    type=click.Choice(["text", "junit"]),
    default="text",
    show_default=True,
    help="How to print it; errors and warnings are on stderr besides.",
)
@_options.junit
@click.pass_obj
def validate(app: App, files: tuple[Path, ...], *, form: str, junit: Path | None) -> int:
    """Check engagement files, offline.

    Every error of a file comes at once, as FILE:LINE:COLUMN, what is wrong and what would be right. Exits with
    2 when a file has errors; warnings leave the exit code at 0. Of the config folder it reads what the files
    have to fit; `psbot plan` reads all of it.
    """
    from psbot.cli.errors import say_error
    from psbot.core.text.escape import printable
    from psbot.engagements.loader import load_portfolio, remarks
    from psbot.errors import Exit, gravest

    codes = [Exit.DONE]
    portfolio = load_portfolio(_options.portfolio(files), app.config)
    for loaded in portfolio:
        for remark in remarks(loaded, app.config, app.now):
            click.echo(printable(f"{remark}"), err=True)
        if loaded.error:
            codes.append(say_error(loaded.error))
        elif form == "text":
            click.echo(printable(f"{loaded.file}: ok"))
    if form == "junit" or junit:
        from psbot.report.validation_junit import as_junit

        told = as_junit(portfolio)
        if form == "junit":
            click.echo(told, nl=False)
        if junit:
            _options.write_out(junit, told)
    return gravest(codes)

"""``psbot validate``: checks engagement files offline."""

from pathlib import Path

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option


@click.command()
@options.files_argument
@option(
    "--format",
    "form",
    type=click.Choice(["text", "junit"]),
    default="text",
    show_default=True,
    help="Output format; errors and warnings also go to stderr.",
)
@options.junit_option
@click.pass_obj
def validate(app: App, files: tuple[Path, ...], *, form: str, junit: Path | None) -> int:
    """Check engagement files offline.

    Reports all errors of a file at once, each as FILE:LINE:COLUMN with what is wrong and how to fix it. Exits with 2
    if a file has errors; warnings do not change the exit code. Reads only the parts of the config folder that
    engagement files depend on; `psbot plan` reads all of it.
    """
    from psbot.cli.errors import echo_error
    from psbot.core.text.escape import replace_control_characters
    from psbot.engagements.loader import load_portfolio, warning_lines
    from psbot.errors import ExitCode, most_severe

    codes = [ExitCode.DONE]
    portfolio = load_portfolio(options.resolve_files(files), app.config)
    for loaded in portfolio:
        for remark in warning_lines(loaded, app.config, app.now):
            click.echo(replace_control_characters(f"{remark}"), err=True)
        if loaded.error:
            codes.append(echo_error(loaded.error))
        elif form == "text":
            click.echo(replace_control_characters(f"{loaded.file}: ok"))
    if form == "junit" or junit:
        from psbot.report.validation_junit import validation_report

        report = validation_report(portfolio)
        if form == "junit":
            click.echo(report, nl=False)
        if junit:
            options.write_report(junit, report)
    return most_severe(codes)

"""``psbot labels``: compares the label catalogue with GitLab."""

from pathlib import Path

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option


@click.command(short_help="Compare the label catalogue with GitLab.")
@options.files_argument
@option(
    "--group",
    "groups",
    multiple=True,
    metavar="PATH",
    help="Label group to check instead of those of the files.",
)
@options.format_option
@options.exit_code_option
@click.pass_obj
def labels(app: App, files: tuple[Path, ...], *, groups: tuple[str, ...], form: str, exit_code: bool) -> int:
    """Compare the catalogue (config/labels.yml) with the labels in the label groups of the engagements.

    Writes nothing; psbot apply creates missing labels.
    """
    from psbot.cli.session import loaded_files, open_session
    from psbot.doctor.check import exit_code as code_of
    from psbot.doctor.labels import check_labels
    from psbot.errors import ExitCode, most_severe
    from psbot.report import checks

    codes = [ExitCode.DONE]
    if not groups:
        loaded = loaded_files(app.load_engagements(options.resolve_files(files)), codes)
        groups = tuple(each.engagement.gitlab.label_group for each in loaded.values())
    with open_session(app) as session:
        results = list(check_labels(session.reader, groups, app.process.catalogue))
    click.echo(checks.render_checks(form, results, app.now), nl=False)
    codes.append(code_of(results, with_warnings=exit_code))
    return most_severe(codes)

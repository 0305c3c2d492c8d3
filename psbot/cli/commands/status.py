"""``psbot status``: shows the status of engagements."""

from pathlib import Path

import click

from psbot.cli import options
from psbot.cli.context import App


@click.command(short_help="Show the status of engagements.")
@options.files_argument
@options.format_option
@options.exit_code_option
@click.pass_obj
def status(app: App, files: tuple[Path, ...], *, form: str, exit_code: bool) -> int:
    """Show the status of engagements: phase, health, overdue items, who acts next, and findings.

    The most urgent engagements come first, by: could not be read, errors, warnings, days overdue, items that wait for
    the customer, next due date. Reads GitLab, writes nothing.
    """
    from psbot.cli.session import echo_failure, loaded_files, open_session
    from psbot.core.status import by_urgency, from_file_only
    from psbot.errors import ExitCode, PsbotError, most_severe
    from psbot.report import status
    from psbot.runs.status import status_many

    codes = [ExitCode.DONE]
    loaded = loaded_files(app.load_engagements(options.resolve_files(files)), codes)
    statuses = []
    with open_session(app) as session:
        engagements = [each.engagement for each in loaded.values()]
        for engagement, result in status_many(session.reader, engagements, app.process, app.now):
            if isinstance(result, PsbotError):
                codes.append(echo_failure(loaded[engagement.key].file, result))
                result = from_file_only(engagement, engagement.today(app.now), str(result))
            statuses.append(result)
    shown = by_urgency(statuses)
    click.echo(status.render_status(form, shown, app.now), nl=False)
    if exit_code and any(each.needs_attention for each in shown):
        codes.append(ExitCode.FINDINGS)
    return most_severe(codes)

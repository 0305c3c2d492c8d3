"""``psbot status``."""

from pathlib import Path

import click

from psbot.cli import options
from psbot.cli.context import App


@click.command(short_help="Show where engagements stand.")
@options.files_argument
@options.format_option
@options.exit_code_option
@click.pass_obj
def status(app: App, files: tuple[Path, ...], *, form: str, exit_code: bool) -> int:
    """Show where engagements stand: phase, health, what is late, who has the next move, what was found.

    What needs attention comes first: what could not be read, errors, warnings, days overdue, items on which the
    customer has the next move, then what is due next. Reads GitLab, writes nothing.
    """
    from psbot.cli import session as _gitlab
    from psbot.core.status import by_urgency, from_file_only
    from psbot.errors import ExitCode, PsbotError, most_severe
    from psbot.report import status
    from psbot.runs.status import status_many

    codes = [ExitCode.DONE]
    sheets = _gitlab.loaded_files(app.load_engagements(options.resolve_files(files)), codes)
    standings = []
    with _gitlab.open_session(app) as session:
        engagements = [each.engagement for each in sheets.values()]
        for engagement, found in status_many(session.reader, engagements, app.process, app.now):
            if isinstance(found, PsbotError):
                codes.append(_gitlab.echo_failure(sheets[engagement.key].file, found))
                found = from_file_only(engagement, engagement.today(app.now), str(found))
            standings.append(found)
    shown = by_urgency(standings)
    click.echo(status.render_status(form, shown, app.now), nl=False)
    if exit_code and any(each.needs_attention for each in shown):
        codes.append(ExitCode.FINDINGS)
    return most_severe(codes)

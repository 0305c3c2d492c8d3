"""``psbot status``."""

from pathlib import Path

import click

from psbot.cli import options as _options
from psbot.cli.context import App


@click.command(short_help="Show where engagements stand.")
@_options.files
@_options.output_format
@_options.exit_code
@click.pass_obj
def status(app: App, files: tuple[Path, ...], *, form: str, exit_code: bool) -> int:
    """Show where engagements stand: phase, health, what is late, who has the next move, what was found.

    What needs attention comes first: what could not be read, errors, warnings, days overdue, items on which the
    customer has the next move, then what is due next. Reads GitLab, writes nothing.
    """
    from psbot.cli import session as _gitlab
    from psbot.core.status import by_attention, unread
    from psbot.errors import Exit, PsbotError, gravest
    from psbot.report import status as report
    from psbot.runs.status import stand_many

    codes = [Exit.DONE]
    sheets = _gitlab.sheets(app.load(_options.portfolio(files)), codes)
    standings = []
    with _gitlab.session(app) as session:
        engagements = [each.engagement for each in sheets.values()]
        for engagement, found in stand_many(session.reader, engagements, app.process, app.now):
            if isinstance(found, PsbotError):
                codes.append(_gitlab.say_failure(sheets[engagement.key].file, found))
                found = unread(engagement, engagement.today(app.now), str(found))
            standings.append(found)
    shown = by_attention(standings)
    click.echo(report.rendered(form, shown, app.now), nl=False)
    if exit_code and any(each.wants_attention for each in shown):
        codes.append(Exit.FINDINGS)
    return gravest(codes)

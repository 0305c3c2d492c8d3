"""``psbot status``."""

from pathlib import Path

import click

from psbot.cli import _options
from psbot.cli._app import App


@click.command(short_help="Show where engagements stand.")
@_options.files
@_options.output_format
@_options.exit_code
@click.pass_obj
def status(app: App, files: tuple[Path, ...], *, form: str, exit_code: bool) -> int:
    """Show where engagements stand: phase, health, what is open, late and next. Reads GitLab, writes nothing."""
    from psbot.cli import _gitlab
    from psbot.core.standing import standing
    from psbot.errors import Exit, PsbotError, gravest
    from psbot.observe import observe_many
    from psbot.report import status as report

    codes = [Exit.DONE]
    sheets = _gitlab.sheets(app.load(_options.portfolio(files)), codes)
    standings = {}
    with _gitlab.session(app) as session:
        engagements = [each.engagement for each in sheets.values()]
        for engagement, found in observe_many(session.reader, engagements, app.process):
            if isinstance(found, PsbotError):
                codes.append(_gitlab.say_failure(sheets[engagement.key].file, found))
                continue
            today = engagement.today(app.now)
            standings[engagement.key] = standing(engagement, found.snapshot, app.process, today)
    shown = [standings[key] for key in sheets if key in standings]
    click.echo(report.rendered(form, shown, app.now), nl=False)
    if exit_code and any(each.overdue or not each.is_in_gitlab for each in shown):
        codes.append(Exit.FINDINGS)
    return gravest(codes)

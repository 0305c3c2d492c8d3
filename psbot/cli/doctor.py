"""``psbot doctor``."""

from pathlib import Path

import click

from psbot.cli import _options
from psbot.cli._app import App


@click.command(short_help="Say what is missing in GitLab and how to mend it.")
@_options.files
@_options.output_format
@_options.exit_code
@click.pass_obj
def doctor(app: App, files: tuple[Path, ...], *, form: str, exit_code: bool) -> int:
    """Say what is missing on the server, in the token and around the engagements, and how to mend it.

    Looks at the edition, the token's scope and role, the places of each FILE, its people, who can read the
    internal project, and the labels. Names the scope and role that each command needs. Writes nothing.
    """
    from psbot.checkup import exit_code as code_of
    from psbot.cli import _gitlab
    from psbot.doctor import Patient, examine
    from psbot.errors import Exit, gravest
    from psbot.needs import NEEDS
    from psbot.report import checks

    codes = [Exit.DONE]
    loaded = app.load(_options.portfolio(files)) if files else []
    plans = {each.file: app.plan_offline(each, each.engagement).plan for each in loaded if each.engagement}
    sheets = {each.file: each for each in _gitlab.sheets(loaded, codes).values()}
    engagements = {file: each.engagement for file, each in sheets.items()}
    patient = Patient(engagements, plans, app.process, app.now.date())
    with _gitlab.session(app) as session:
        found = list(examine(session.reader, session.connection.url, patient))
    click.echo(checks.rendered(form, found, app.now, NEEDS), nl=False)
    codes.append(code_of(found, with_warnings=exit_code))
    return gravest(codes)

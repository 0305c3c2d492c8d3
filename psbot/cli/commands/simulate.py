"""``psbot simulate``: simulates an engagement in a local GitLab sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option
from psbot.errors import ExitCode, PsbotError

if TYPE_CHECKING:
    from datetime import datetime


@click.command(short_help="Simulate an engagement in a local GitLab sandbox.")
@click.argument("file", type=click.Path(path_type=Path))
@option(
    "--days",
    type=click.IntRange(1, 2000),
    help="Number of days; by default until the end, at most two years.",
)
@option("--script", type=click.Path(path_type=Path), help="YAML file with what people do, and when.")
@option(
    "--from",
    "start",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day; by default the Closed Won date, or 20 business days before the kick-off for a quote.",
)
@options.format_option
@click.pass_obj
def simulate(
    app: App, *, file: Path, days: int | None, script: Path | None, start: datetime | None, form: str
) -> int:
    """Simulate an engagement in a local GitLab sandbox, and report what psbot and people did, and why.

    Needs no GitLab and no token. People do their work on the due date unless a script says otherwise. psbot applies
    the file when it changes and advances every evening. Days without activity are left out.
    """
    try:
        from psbot.simulation.simulate import simulate
    except ModuleNotFoundError as error:
        raise PsbotError(f"the simulation needs {error.name}", "pip install 'psbot[sandbox]'") from error
    from psbot.report import simulation

    result = simulate(
        file, app.process, app.templates, script=script, start=start.date() if start else None, days=days
    )
    click.echo(simulation.render_timeline(form, result.timeline), nl=False)
    return ExitCode.GITLAB if result.has_failed else ExitCode.DONE

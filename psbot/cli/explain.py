"""``psbot explain``."""

from __future__ import annotations

from pathlib import Path

import click

from psbot.cli import _options
from psbot.cli._app import App
from psbot.cli._options import option


@click.command(short_help="Say why psbot did, or did not, touch an item.")
@click.argument("item", required=False)
@_options.files
@option("--workflow", is_flag=True, help="Print the table of the workflow and its diagram; needs no server.")
@_options.output_format
@click.pass_obj
def explain(app: App, item: str | None, files: tuple[Path, ...], *, workflow: bool, form: str) -> None:
    """Say what psbot knows of ITEM, which rule applied or did not, and what the next runs would do.

    ITEM is an address of GitLab's, group&12, project#34, or an engagement's key with an item's behind it, such as
    acme-sow-142/kick-off; the engagement's key alone is its epic. The files tell which engagements there are. Reads
    GitLab, writes nothing.
    """
    if workflow:
        from psbot.report import workflow as report

        click.echo(report.rendered(form, app.process.workflow), nl=False)
        return
    raise click.UsageError("name an ITEM, or ask for --workflow")

"""``psbot explain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option

if TYPE_CHECKING:
    from psbot.core.explain.reference import ItemKey, ItemUrl, Reference
    from psbot.errors import ExitCode


@click.command(short_help="Say why psbot did, or did not, touch an item.")
@click.argument("item", required=False)
@options.files_argument
@option("--workflow", is_flag=True, help="Print the table of the workflow and its diagram; needs no server.")
@options.format_option
@click.pass_obj
def explain(
    app: App, item: str | None, files: tuple[Path, ...], *, workflow: bool, form: str
) -> ExitCode | None:
    """Say what psbot knows of ITEM, which rule applied or did not, and what the next runs would do.

    ITEM is an address of GitLab's, group&12, project#34, or an engagement's key with an item's behind it, such as
    acme-sow-142/kick-off; the engagement's key alone is its epic. The files tell which engagements there are. Reads
    GitLab, writes nothing.
    """
    if workflow:
        from psbot.report import workflow as report

        click.echo(report.render_workflow(form, app.process.workflow), nl=False)
        return None
    if item is None:
        raise click.UsageError("name an ITEM, or ask for --workflow")
    return _explain(app, _parse_item(item), files, form)


def _parse_item(item: str) -> Reference | ItemKey | ItemUrl:
    from psbot.core.explain.reference import parse_reference

    if (wanted := parse_reference(item)) is None:
        raise click.UsageError(
            f"{item!r} names no item; write an address, group&12, project#34, or engagement/item such as "
            "acme-sow-142/kick-off"
        )
    return wanted


def _explain(app: App, wanted: Reference | ItemKey | ItemUrl, files: tuple[Path, ...], form: str) -> ExitCode:
    from psbot.cli import session as _gitlab
    from psbot.core.explain.reference import ItemUrl
    from psbot.errors import ExitCode, PsbotError, most_severe
    from psbot.report import explain
    from psbot.runs.explain import ExplainSources, explain_target

    codes = [ExitCode.DONE]
    sheets = _gitlab.loaded_files(app.load_engagements(options.resolve_files(files)), codes)
    engagements = {key: each.engagement for key, each in sheets.items()}
    with _gitlab.open_session(app) as session:
        place = wanted.resolve(session.connection.url) if isinstance(wanted, ItemUrl) else wanted
        if place is None:
            raise PsbotError(
                f"the address is not that of an item on {session.connection.url}",
                "give the address of its page, or another --gitlab-url",
            )
        sources = ExplainSources(session.reader, engagements, app.process, app.templates, app.now)
        found = explain_target(place, sources)
    click.echo(explain.render_explanation(form, found, app.now), nl=False)
    return most_severe(codes)

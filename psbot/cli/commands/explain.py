"""``psbot explain``: explains why psbot changed an item, or why it did not."""

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


@click.command(short_help="Explain why psbot changed an item, or why it did not.")
@click.argument("item", required=False)
@options.files_argument
@option("--workflow", is_flag=True, help="Print the workflow and its diagram instead; needs no GitLab.")
@options.format_option
@click.pass_obj
def explain(
    app: App, item: str | None, files: tuple[Path, ...], *, workflow: bool, form: str
) -> ExitCode | None:
    """Explain what psbot knows about ITEM, which rules applied or did not, and what the next runs would do.

    ITEM is a GitLab URL, group&12, project#34, or the keys of an engagement and an item, such as
    acme-sow-142/kick-off; an engagement's key alone means its epic. The item is looked up in the engagements of FILE.
    Reads GitLab, writes nothing.
    """
    if workflow:
        from psbot.report import workflow as report

        click.echo(report.render_workflow(form, app.process.workflow), nl=False)
        return None
    if item is None:
        raise click.UsageError("specify an ITEM, or use --workflow")
    return _explain(app, _parse_item(item), files, form)


def _parse_item(item: str) -> Reference | ItemKey | ItemUrl:
    from psbot.core.explain.reference import parse_reference

    if (wanted := parse_reference(item)) is None:
        raise click.UsageError(
            f"{item!r} is not an item; write a URL, group&12, project#34, or engagement/item such as "
            "acme-sow-142/kick-off"
        )
    return wanted


def _explain(app: App, wanted: Reference | ItemKey | ItemUrl, files: tuple[Path, ...], form: str) -> ExitCode:
    from psbot.cli.session import loaded_files, open_session
    from psbot.core.explain.reference import ItemUrl
    from psbot.errors import ExitCode, PsbotError, most_severe
    from psbot.report import explain
    from psbot.runs.explain import ExplainSources, explain_target

    codes = [ExitCode.DONE]
    loaded = loaded_files(app.load_engagements(options.resolve_files(files)), codes)
    engagements = {key: each.engagement for key, each in loaded.items()}
    with open_session(app) as session:
        place = wanted.resolve(session.connection.url) if isinstance(wanted, ItemUrl) else wanted
        if place is None:
            raise PsbotError(
                f"the URL is not that of an item on {session.connection.url}",
                "copy the URL of its page, or set another --gitlab-url",
            )
        sources = ExplainSources(session.reader, engagements, app.process, app.templates, app.now)
        explanation = explain_target(place, sources)
    click.echo(explain.render_explanation(form, explanation, app.now), nl=False)
    return most_severe(codes)

"""``psbot explain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options as _options
from psbot.cli.context import App
from psbot.cli.options import option

if TYPE_CHECKING:
    from psbot.core.explain.reference import Address, Named, Reference
    from psbot.errors import Exit


@click.command(short_help="Say why psbot did, or did not, touch an item.")
@click.argument("item", required=False)
@_options.files
@option("--workflow", is_flag=True, help="Print the table of the workflow and its diagram; needs no server.")
@_options.output_format
@click.pass_obj
def explain(app: App, item: str | None, files: tuple[Path, ...], *, workflow: bool, form: str) -> Exit | None:
    """Say what psbot knows of ITEM, which rule applied or did not, and what the next runs would do.

    ITEM is an address of GitLab's, group&12, project#34, or an engagement's key with an item's behind it, such as
    acme-sow-142/kick-off; the engagement's key alone is its epic. The files tell which engagements there are. Reads
    GitLab, writes nothing.
    """
    if workflow:
        from psbot.report import workflow as report

        click.echo(report.rendered(form, app.process.workflow), nl=False)
        return None
    if item is None:
        raise click.UsageError("name an ITEM, or ask for --workflow")
    return _explain(app, _parsed(item), files, form)


def _parsed(item: str) -> Reference | Named | Address:
    from psbot.core.explain.reference import parse

    if (wanted := parse(item)) is None:
        raise click.UsageError(
            f"{item!r} names no item; write an address, group&12, project#34, or engagement/item such as "
            "acme-sow-142/kick-off"
        )
    return wanted


def _explain(app: App, wanted: Reference | Named | Address, files: tuple[Path, ...], form: str) -> Exit:
    from psbot.cli import session as _gitlab
    from psbot.core.explain.reference import Address
    from psbot.errors import Exit, PsbotError, gravest
    from psbot.report import explain as explanations
    from psbot.runs.explain import Sources, explain

    codes = [Exit.DONE]
    sheets = _gitlab.sheets(app.load(_options.portfolio(files)), codes)
    engagements = {key: each.engagement for key, each in sheets.items()}
    with _gitlab.session(app) as session:
        place = wanted.on(session.connection.url) if isinstance(wanted, Address) else wanted
        if place is None:
            raise PsbotError(
                f"the address is not that of an item on {session.connection.url}",
                "give the address of its page, or another --gitlab-url",
            )
        sources = Sources(session.reader, engagements, app.process, app.templates, app.now)
        found = explain(place, sources)
    click.echo(explanations.rendered(form, found, app.now), nl=False)
    return gravest(codes)

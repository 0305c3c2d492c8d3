"""``psbot render``: fills one template with an engagement."""

from pathlib import Path

import click

from psbot.cli.context import App
from psbot.cli.options import option


@click.command(short_help="Fill one template with an engagement.")
@click.argument("kind")
@click.argument("file", type=click.Path(path_type=Path))
@option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write to this file, readable only by you, instead of stdout.",
)
@option(
    "--eml",
    is_flag=True,
    help="Render the welcome e-mail as a message that you open and send; psbot sends no e-mail.",
)
@option("--existing-customer", is_flag=True, help="With --eml: use the text for an existing customer.")
@option(
    "--cc",
    multiple=True,
    metavar="ADDRESS",
    help="With --eml: send a copy to this address; repeat for several.",
)
@option(
    "--manager-name",
    metavar="NAME",
    help="With --eml: name with which the manager signs; default: the username.",
)
@click.pass_obj
def render(
    app: App,
    kind: str,
    file: Path,
    *,
    out: Path | None,
    eml: bool,
    existing_customer: bool,
    cc: tuple[str, ...],
    manager_name: str | None,
) -> None:
    """Fill the template of KIND (kick-off, call, change-request …) with the engagement in FILE.

    KIND may also be one item's key, such as call/2026-12-08.
    """
    from psbot.templates.render import render_item, render_mail, write_private_file

    (loaded,) = app.load_engagements([file])
    if loaded.error or loaded.engagement is None:
        raise loaded.error or AssertionError(loaded.file)
    situation = app.context_for(loaded.engagement)
    if eml:
        content = render_mail(
            kind,
            situation,
            app.templates,
            is_existing_customer=existing_customer,
            cc=cc,
            manager_name=manager_name,
        )
    else:
        content = render_item(kind, situation, app.templates).encode()
    if out is None:
        click.echo(content, nl=False)
    else:
        write_private_file(out, content)
        click.echo(f"psbot: wrote {out}", err=True)

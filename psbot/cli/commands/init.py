"""``psbot init``."""

from pathlib import Path

import click

from psbot.cli.context import App
from psbot.cli.options import option


@click.command(short_help="Write an engagements repository with its pipeline.")
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
@option(
    "--component",
    metavar="PATH@VERSION",
    help="Include the CI component from this project of your GitLab, such as tools/psbot/psbot@0.1.0; "
    "without, its file is copied.",
)
@option(
    "--package",
    metavar="REQUIREMENT",
    default="psbot",
    show_default=True,
    help="What pip installs in the pipeline; empty when the image has psbot.",
)
@option("--owner", "owners", multiple=True, metavar="@NAME", help="Who approves; repeat it for several.")
@click.pass_obj
def init(app: App, /, folder: Path, component: str | None, package: str, owners: tuple[str, ...]) -> None:
    """Write an engagements repository into DIR: pipeline, example, owners, editor settings, README.

    What is there already is kept, and said. The README has what is left to do by hand.
    """
    del app
    from psbot.engagements.scaffold import ScaffoldOptions, write_scaffold

    done = write_scaffold(folder, ScaffoldOptions(component, package, owners))
    for name in done.written:
        click.echo(f"wrote {folder / name}")
    for name in done.kept:
        click.echo(f"kept {folder / name}, which was there")
    click.echo(f"psbot: next, read {folder / 'README.md'}: tokens and schedules are made by hand", err=True)

"""``psbot init``: creates an engagements repository with its pipeline."""

from pathlib import Path

import click

from psbot.cli.context import App
from psbot.cli.options import option


@click.command(short_help="Create an engagements repository with its pipeline.")
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
@option(
    "--component",
    metavar="PATH@VERSION",
    help="Include the CI component from this project of your GitLab, such as tools/psbot/psbot@0.1.0; "
    "by default, its file is copied.",
)
@option(
    "--package",
    metavar="REQUIREMENT",
    default="psbot",
    show_default=True,
    help="Package that pip installs in the pipeline; empty if the image contains psbot.",
)
@option(
    "--owner", "owners", multiple=True, metavar="@NAME", help="Code owner who approves; repeat for several."
)
@click.pass_obj
def init(app: App, /, folder: Path, component: str | None, package: str, owners: tuple[str, ...]) -> None:
    """Create an engagements repository in DIR: pipeline, example, code owners, editor settings, README.

    Existing files are kept and listed. The README describes the remaining manual steps.
    """
    del app
    from psbot.engagements.scaffold import ScaffoldOptions, write_scaffold

    done = write_scaffold(folder, ScaffoldOptions(component, package, owners))
    for name in done.written:
        click.echo(f"wrote {folder / name}")
    for name in done.kept:
        click.echo(f"kept {folder / name}, which already exists")
    click.echo(f"psbot: next, read {folder / 'README.md'}: create tokens and schedules manually", err=True)

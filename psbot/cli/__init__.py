"""The command line: ``commands/`` has one thin module per command, the rest is what they share.

A command parses its options, calls ``runs/`` and prints through ``report/``. ``errors`` turns exceptions into messages
and exit codes, ``session`` opens the connection to GitLab, ``write`` and ``preview`` do the same for every command that
writes or plans.
"""

from pathlib import Path

import click

from psbot.cli.context import App
from psbot.cli.errors import PsbotGroup
from psbot.cli.options import Instant, option


@click.group(
    cls=PsbotGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="psbot", message="psbot %(version)s")
@option("--gitlab-url", metavar="URL", help="URL of the GitLab server; default in CI: CI_SERVER_URL.")
@option("--profile", metavar="NAME", help="Section of the python-gitlab configuration file to use.")
@option(
    "--ca-file",
    type=click.Path(path_type=Path),
    help="CA certificates to trust, for a server with a private CA.",
)
@option("--config-dir", type=click.Path(path_type=Path), help="Folder to use instead of psbot's config/.")
@option(
    "--templates-dir",
    type=click.Path(path_type=Path),
    help="Folder to use instead of psbot's issue_templates/.",
)
@option(
    "--now",
    type=Instant(),
    metavar="ISO8601",
    help="Date and time to use as the current time, such as 2026-11-23T09:00+01:00.",
)
@option("-v", "--verbose", count=True, help="Print more details; -vv prints every request.")
@click.pass_context
def main(context: click.Context, /, **settings: object) -> None:
    """Turn an engagement file into a GitLab epic with its child issues, and keep both in step.

    An engagement is one reviewed YAML file. `psbot new` writes one, `psbot validate` checks it, `psbot plan` shows
    what would change in GitLab, and `psbot apply` changes it.
    """
    context.obj = App.from_settings(settings)
    context.call_on_close(context.obj.totals.echo_summary)

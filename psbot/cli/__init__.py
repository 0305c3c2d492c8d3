"""The command line: one thin module a command, which parses, calls, prints and exits."""

from pathlib import Path

import click

from psbot.cli.context import App
from psbot.cli.errors import PsbotGroup
from psbot.cli.options import Instant, option


@click.group(
    cls=PsbotGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="psbot", message="psbot %(version)s")
@option("--gitlab-url", metavar="URL", help="The GitLab server; in CI it is known (CI_SERVER_URL).")
@option("--profile", metavar="NAME", help="The section of python-gitlab's configuration file to use.")
@option(
    "--ca-file", type=click.Path(path_type=Path), help="Certificates to trust, for a server with its own CA."
)
@option("--config-dir", type=click.Path(path_type=Path), help="Your folder instead of psbot's config/.")
@option(
    "--templates-dir",
    type=click.Path(path_type=Path),
    help="Your folder instead of psbot's issue_templates/.",
)
@option(
    "--now",
    type=Instant(),
    metavar="ISO8601",
    help="The instant to take for now, such as 2026-11-23T09:00+01:00.",
)
@option("-v", "--verbose", count=True, help="Say more; twice: everything.")
@click.pass_context
def main(context: click.Context, /, **settings: object) -> None:
    """Turn an engagement file into a GitLab epic with its issues, and carry it by labels.

    An engagement is one reviewed YAML file. `psbot new` writes one, `psbot validate` checks it,
    `psbot plan` shows what GitLab would get, `psbot apply` makes it.
    """
    context.obj = App.from_settings(settings)
    context.call_on_close(context.obj.totals.echo_summary)

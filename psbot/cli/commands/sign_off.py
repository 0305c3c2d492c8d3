"""``psbot sign-off``: records that a sign-off was sent, received or objected to."""

import re
from datetime import date
from pathlib import Path

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option

_ADDRESS = re.compile(r"https?://[^\s<>\"\\^`{|}]{1,1000}", re.ASCII)


@click.command(short_help="Record that a sign-off was sent, received or objected to.")
@click.argument("file", type=click.Path(path_type=Path))
@option("--sent", type=options.Day(), metavar="DATE", help="Date on which the acceptance request was sent.")
@option("--received", type=options.Day(), metavar="DATE", help="Date on which the customer accepted.")
@option("--objected", type=options.Day(), metavar="DATE", help="Date on which the customer objected.")
@option("--milestone", metavar="NAME", help="Milestone; required if there are several.")
@option("--proof", metavar="URL", help="URL of the signed document or of the customer's reply.")
@options.preview_option
@options.format_option
@click.pass_obj
def sign_off(
    app: App,
    file: Path,
    *,
    sent: date | None,
    received: date | None,
    objected: date | None,
    milestone: str | None,
    proof: str | None,
    preview: bool,
    form: str,
) -> int:
    """Record the state of a sign-off in GitLab: its label, the date, and a link to the proof.

    The day on which it was sent is day 1 of the acceptance period, which psbot advance tracks; an objection stops it.
    Running the same command again changes nothing. The change is attributed to the owner of the token.
    """
    from psbot.core.workflow.sign_off import SignOffEntry

    if not (sent or received or objected):
        raise click.UsageError("use --sent, --received or --objected, each with its date")
    if received and objected:
        raise click.UsageError("a sign-off is either received or objected to; use --received or --objected")
    if proof and not _ADDRESS.fullmatch(proof):
        raise click.UsageError(f"--proof: {proof!r} is not a URL; write it as https://…")
    entry = SignOffEntry(sent, received, objected, proof, milestone)
    from psbot.cli.record import SingleWrite, perform
    from psbot.runs.sign_off import plan_sign_off

    return perform(app, SingleWrite(plan_sign_off(entry), file, form, preview))

"""``psbot sign-off``."""

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
@option("--sent", type=options.Day(), metavar="DATE", help="The day the acceptance request was sent.")
@option("--received", type=options.Day(), metavar="DATE", help="The day the customer accepted.")
@option("--objected", type=options.Day(), metavar="DATE", help="The day the customer objected.")
@option("--milestone", metavar="NAME", help="Which milestone; needed where there are several.")
@option("--proof", metavar="URL", help="Where the signed document or the customer's reply is.")
@option("--preview", is_flag=True, help="Show what it would do, cost and notify; writes nothing.")
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
    """Record in GitLab what became of a sign-off: its label, the day, and where the proof is.

    The day it was sent is day 1 of the acceptance clock, which psbot advance keeps; an objection stops it. Once
    recorded, the same command changes nothing. It counts as done by whose token it is.
    """
    from psbot.core.workflow.sign_off import SignOffEntry

    if not (sent or received or objected):
        raise click.UsageError("say what happened: --sent, --received or --objected, each with its day")
    if received and objected:
        raise click.UsageError("a sign-off is either received or objected to; give one of both")
    if proof and not _ADDRESS.fullmatch(proof):
        raise click.UsageError(f"--proof: {proof!r} is no web address; write it as https://…")
    entry = SignOffEntry(sent, received, objected, proof, milestone)
    from psbot.cli.record import SingleWrite, perform
    from psbot.runs.sign_off import plan_sign_off

    return perform(app, SingleWrite(plan_sign_off(entry), file, form, preview))

"""``psbot stale``: finds stale items, flags them and notifies the responsible person once."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option


@click.command(short_help="Find stale items, flag them and notify the responsible person once.")
@options.files_argument
@option(
    "--list-policies", is_flag=True, help="Explain the staleness policies in plain words; needs no GitLab."
)
@options.preview_option
@options.as_me_option
@option("--max-notes", type=click.IntRange(min=0), metavar="N", help="Stop after posting N digests.")
@option("--max-requests", type=click.IntRange(min=1), metavar="N", help="Stop after N requests.")
@option(
    "--time-limit",
    type=options.Span("smh", "90s, 20m or 1h"),
    metavar="SPAN",
    help="Stop after this time: 90s, 20m, 1h.",
)
@option(
    "--digest-project",
    metavar="PATH",
    help="Also give each manager one digest of all their engagements, in an issue of this project.",
)
@option(
    "--node-index",
    type=click.IntRange(min=1),
    default=lambda: os.environ.get("CI_NODE_INDEX"),
    metavar="I",
    help="Process only shard I of --node-total; default in parallel CI jobs: CI_NODE_INDEX.",
)
@option(
    "--node-total",
    type=click.IntRange(min=1),
    default=lambda: os.environ.get("CI_NODE_TOTAL"),
    metavar="N",
    help="Number of shards; default in parallel CI jobs: CI_NODE_TOTAL.",
)
@option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "junit"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@options.junit_option
@click.pass_obj
def stale(
    app: App,
    files: tuple[Path, ...],
    *,
    list_policies: bool,
    preview: bool,
    as_me: bool,
    max_notes: int | None,
    max_requests: int | None,
    time_limit: timedelta | None,
    digest_project: str | None,
    node_index: int | None,
    node_total: int | None,
    form: str,
    junit: Path | None,
) -> int:
    """Find stale items by config/staleness.yml, flag them and notify the responsible person once.

    psbot notifies people in the engagement log. Only human activity resets the clock. Nothing is ever closed. Exits
    with 4 if there are findings and with 5 at a limit; the next run continues with the oldest findings.
    """
    if list_policies:
        from psbot.report.staleness_policy import describe_policies

        click.echo("\n".join(describe_policies(app.process.staleness)))
        return 0
    from psbot.cli.session import echo
    from psbot.cli.stale_run import StaleRun, preview_stale
    from psbot.runs.stale.run import Shard, StaleRunLimits

    if preview:
        if digest_project:
            echo("the preview does not include portfolio digests")
        return preview_stale(app, files, "junit" if junit else form)
    seconds = time_limit.total_seconds() if time_limit else None
    limits = StaleRunLimits(max_notes, max_requests, seconds, Shard.of(node_index, node_total))
    return StaleRun(app, files, limits, digest_project, as_me).run(form, junit)

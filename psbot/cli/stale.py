"""``psbot stale``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import _options
from psbot.cli._app import App
from psbot.cli._options import option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psbot.errors import Exit
    from psbot.report.stale import Told
    from psbot.stalerun import Limits

_NAMED = 5  # engagements named before the rest is left out
_UNITS = {"s": 1, "m": 60, "h": 3600}


class Span(click.ParamType[float]):
    """A span of time: ``90s``, ``20m`` or ``1h``."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return *value* in seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"([0-9]{1,6})([smh])", str(value))
        if match is None:
            self.fail(f"{value!r} is not a span of time; write it as 90s, 20m or 1h", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


@click.command(short_help="Find what has gone quiet, flag it, tell the right person once.")
@_options.files
@option("--list-policies", is_flag=True, help="Say in words what counts as quiet and who is told; no GitLab.")
@option("--preview", is_flag=True, help="Show what it would do, cost and notify; writes nothing.")
@option("--as-me", is_flag=True, help="Write even with a person's token; it counts as that person's doing.")
@option("--max-notes", type=click.IntRange(min=0), metavar="N", help="Post at most N digests, then stop.")
@option("--max-requests", type=click.IntRange(min=1), metavar="N", help="Stop after N requests.")
@option("--time-limit", type=Span(), metavar="SPAN", help="Stop after this time: 90s, 20m, 1h.")
@option(
    "--node-index",
    type=click.IntRange(min=1),
    default=lambda: os.environ.get("CI_NODE_INDEX"),
    metavar="I",
    help="Do only the Ith share of the engagements, of --node-total; parallel CI jobs know both.",
)
@option(
    "--node-total",
    type=click.IntRange(min=1),
    default=lambda: os.environ.get("CI_NODE_TOTAL"),
    metavar="N",
    help="How many shares there are.",
)
@option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "junit"]),
    default="text",
    show_default=True,
    help="How to print it.",
)
@_options.junit
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
    time_limit: float | None,
    node_index: int | None,
    node_total: int | None,
    form: str,
    junit: Path | None,
) -> int:
    """Find what has gone quiet, by config/staleness.yml: flag it, and tell in the engagement log, each person once.

    Only what people do counts as activity. It never closes anything. Exit code 4 with findings, 5 when it stopped
    at a limit: the next run goes on, with what has waited longest.
    """
    from psbot.stalerun import Limits, Share

    if list_policies:
        from psbot.report.policies import in_words

        click.echo("\n".join(in_words(app.process.staleness)))
        return 0
    if preview:
        return _preview(app, files, "junit" if junit else form)
    limits = Limits(max_notes, max_requests, time_limit, Share.of(node_index, node_total))
    return _run(app, files, limits, form, junit, as_me=as_me)


def _preview(app: App, files: tuple[Path, ...], form: str) -> int:
    from psbot.cli._drawing import drawn
    from psbot.errors import Exit, PsbotError, gravest
    from psbot.flagging import draw_stale_many
    from psbot.report import plans

    if form == "junit":
        raise PsbotError(
            "a preview is no test report", "leave --junit out, and choose --format text, json or markdown"
        )
    codes = [Exit.DONE]
    planned = drawn(app, app.load(_options.portfolio(files)), codes, draw_stale_many)
    click.echo(plans.rendered(form, planned, app.process.limits, app.now), nl=False)
    return gravest(codes)


def _run(
    app: App, files: tuple[Path, ...], limits: Limits, form: str, junit: Path | None, *, as_me: bool
) -> int:
    from dataclasses import replace

    from psbot.apply import Outcome
    from psbot.cli import _gitlab
    from psbot.errors import Exit, gravest
    from psbot.people import check_author, check_machine
    from psbot.report import stale as report
    from psbot.stalerun import run

    codes = [Exit.DONE]
    sheets = _gitlab.sheets(app.load(_options.portfolio(files)), codes)
    ours = {key: sheet for key, sheet in sheets.items() if limits.share.has(key)}
    with _gitlab.session(app) as session:

        def begin() -> None:
            session.stop.is_writing = True

        work = replace(session.work, check_author=check_author if as_me else check_machine)
        engagements = [sheet.engagement for sheet in ours.values()]
        found = run(engagements, work, limits, lambda: session.connection.requests, begin)
        told = [report.Told.of(ours[each.engagement.key].file, each) for each in found]
        for each in told:
            if refused := sum(receipt.outcome is Outcome.REFUSED for receipt in each.receipts):
                why = _gitlab.refusal(session.reader, refused, len(each.receipts))
                codes.append(_gitlab.say_failure(each.file, why))
    in_ci = "GITLAB_CI" in os.environ
    # click takes escapes away where there is no terminal; GitLab's job log folds by them
    click.echo(report.rendered(form, told, app.now, in_ci=in_ci), nl=False, color=in_ci or None)
    if junit:
        _options.write_out(junit, report.junit(told))
    codes += [_gitlab.say_failure(each.file, each.error) for each in told if each.error]
    if missing := sorted(ours.keys() - {each.engagement for each in told}):
        _gitlab.say(
            f"stopped before {', '.join(missing[:_NAMED])}{' …' * (len(missing) > _NAMED)}; run again"
        )
        codes.append(Exit.LIMIT)
    codes += [code for each in told for code in _codes(each)]
    return gravest([*codes, session.stop.code or Exit.DONE])


def _codes(told: Told) -> Iterator[Exit]:
    """Yield what one engagement asks for besides its error."""
    from psbot.errors import Exit

    if told.is_left:
        yield Exit.LIMIT
    if told.undone() and not told.error:
        yield Exit.GITLAB
    if told.stale:
        yield Exit.FINDINGS

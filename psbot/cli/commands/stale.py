"""``psbot stale``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psbot.cli.session import LoadedFile, Session
    from psbot.core.model.engagement import Engagement
    from psbot.errors import ExitCode
    from psbot.report.stale import StaleRow
    from psbot.runs.stale.portfolio_digests import DigestResult, PortfolioDigests
    from psbot.runs.stale.run import StaleRunLimits
    from psbot.runs.work import RunContext


_MAX_NAMED = 5  # engagements named before the rest is left out
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
@options.files_argument
@option("--list-policies", is_flag=True, help="Say in words what counts as quiet and who is told; no GitLab.")
@option("--preview", is_flag=True, help="Show what it would do, cost and notify; writes nothing.")
@option("--as-me", is_flag=True, help="Write even with a person's token; it counts as that person's doing.")
@option("--max-notes", type=click.IntRange(min=0), metavar="N", help="Post at most N digests, then stop.")
@option("--max-requests", type=click.IntRange(min=1), metavar="N", help="Stop after N requests.")
@option("--time-limit", type=Span(), metavar="SPAN", help="Stop after this time: 90s, 20m, 1h.")
@option(
    "--digest-project",
    metavar="PATH",
    help="Tell each manager of all their engagements too, in one issue a manager in this project.",
)
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
    time_limit: float | None,
    digest_project: str | None,
    node_index: int | None,
    node_total: int | None,
    form: str,
    junit: Path | None,
) -> int:
    """Find what has gone quiet, by config/staleness.yml: flag it, and tell in the engagement log, each person once.

    Only what people do counts as activity. It never closes anything. Exit code 4 with findings, 5 when it stopped
    at a limit: the next run goes on, with what has waited longest.
    """
    from psbot.errors import PsbotError
    from psbot.runs.stale.run import Shard, StaleRunLimits

    if list_policies:
        from psbot.report.staleness_policy import describe_policies

        click.echo("\n".join(describe_policies(app.process.staleness)))
        return 0
    if preview and digest_project:
        from psbot.cli import session

        session.echo("a preview leaves the portfolio digests out")
    if preview:
        return _preview(app, files, "junit" if junit else form)
    limits = StaleRunLimits(max_notes, max_requests, time_limit, Shard.of(node_index, node_total))
    if digest_project and limits.shard.total > 1:
        raise PsbotError(
            f"--digest-project tells of the whole portfolio, and this is one of {limits.shard.total} shares of it",
            "run it in a job of its own, without shares",
        )
    return _StaleRun(app, files, limits, digest_project, as_me).run(form, junit)


def _preview(app: App, files: tuple[Path, ...], form: str) -> int:
    from psbot.cli.preview import plans_from_gitlab
    from psbot.errors import ExitCode, PsbotError, most_severe
    from psbot.report.plan import render_plans
    from psbot.runs.stale.write import plan_stale_many

    if form == "junit":
        raise PsbotError(
            "a preview is no test report", "leave --junit out, and choose --format text, json or markdown"
        )
    codes = [ExitCode.DONE]
    planned = plans_from_gitlab(
        app, app.load_engagements(options.resolve_files(files)), codes, plan_stale_many
    )
    click.echo(render_plans(form, planned, app.process.limits, app.now), nl=False)
    return most_severe(codes)


@dataclass
class _StaleRun:
    """One run that writes, and the exit codes that it has come to."""

    app: App
    files: tuple[Path, ...]
    limits: StaleRunLimits
    digest_project: str | None
    as_me: bool
    codes: list[ExitCode] = field(default_factory=list)

    def run(self, form: str, junit: Path | None) -> int:
        """Run, print what was found, and return the exit code."""
        from psbot.cli import session as _gitlab
        from psbot.errors import ExitCode, most_severe
        from psbot.report import stale

        asked = options.resolve_files(self.files)
        sheets = _gitlab.loaded_files(self.app.load_engagements(asked), self.codes)
        is_whole = not self.codes and {each.absolute() for each in asked} >= {
            each.absolute() for each in options.find_engagement_files()
        }
        ours = {key: sheet for key, sheet in sheets.items() if self.limits.shard.contains(key)}
        with _gitlab.open_session(self.app) as session:
            told, digests = self._run_engagements(session, ours, is_whole)
        in_ci = "GITLAB_CI" in os.environ
        shown = stale.render_stale(form, told, self.app.now, digests, in_ci=in_ci)
        # click takes escapes away where there is no terminal; GitLab's job log folds by them
        click.echo(shown, nl=False, color=in_ci or None)
        if junit:
            options.write_report(junit, stale.junit_report(told))
        self.codes += [_gitlab.echo_failure(each.file, each.error) for each in told if each.error]
        if missing := sorted(ours.keys() - {each.engagement for each in told}):
            _gitlab.echo(
                f"stopped before {', '.join(missing[:_MAX_NAMED])}{' …' * (len(missing) > _MAX_NAMED)}; run again"
            )
            self.codes.append(ExitCode.LIMIT)
        self.codes += [code for each in told for code in _exit_codes(each)]
        self.codes += [code for digest in digests for code in _digest_exit_codes(digest)]
        return most_severe([*self.codes, session.stop.exit_code or ExitCode.DONE])

    def _run_engagements(
        self, session: Session, ours: Mapping[str, LoadedFile], is_whole: bool
    ) -> tuple[list[StaleRow], list[DigestResult]]:
        from psbot.apply.preflight import check_author, check_machine
        from psbot.apply.receipt import Outcome
        from psbot.cli import session as _gitlab
        from psbot.report.stale import StaleRow
        from psbot.runs.stale.run import run_stale

        def begin() -> None:
            session.stop.is_writing = True

        work = replace(session.run_context, check_author=check_author if self.as_me else check_machine)
        engagements = [sheet.engagement for sheet in ours.values()]
        digests = self._portfolio_digests(work, engagements, is_whole)
        found = run_stale(
            engagements, work, self.limits, lambda: session.connection.request_count, begin, digests=digests
        )
        told = [StaleRow.of(ours[each.engagement.key].file, each) for each in found]
        for each in told:
            if refused := sum(receipt.outcome is Outcome.REFUSED for receipt in each.receipts):
                why = _gitlab.refusal_error(session.reader, refused, len(each.receipts))
                self.codes.append(_gitlab.echo_failure(each.file, why))
        if digests and digests.error:
            self.codes.append(_gitlab.echo_failure(str(self.digest_project), digests.error))
        return told, digests.results if digests else []

    def _portfolio_digests(
        self, work: RunContext, engagements: Sequence[Engagement], is_whole: bool
    ) -> PortfolioDigests | None:
        from psbot.runs.stale.portfolio_digests import PortfolioDigests, find_digest_project

        if not (self.digest_project and engagements):
            return None
        place = find_digest_project(work.tools.reader, self.digest_project, engagements, work.process)
        return PortfolioDigests(place, engagements, is_whole)


def _exit_codes(each: StaleRow) -> Iterator[ExitCode]:
    """Yield what one engagement asks for besides its error."""
    from psbot.errors import ExitCode

    if each.is_postponed:
        yield ExitCode.LIMIT
    if each.not_done() and not each.error:
        yield ExitCode.GITLAB
    if each.stale:
        yield ExitCode.FINDINGS


def _digest_exit_codes(each: DigestResult) -> Iterator[ExitCode]:
    from psbot.errors import ExitCode

    if each.is_postponed:
        yield ExitCode.LIMIT
    if each.not_done:
        yield ExitCode.GITLAB

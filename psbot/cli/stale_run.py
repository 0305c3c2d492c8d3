"""Runs ``psbot stale`` for a command: a preview, or a run that writes, with its report and exit code."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.apply.preflight import check_author, check_machine
from psbot.apply.receipt import Outcome
from psbot.cli.options import find_engagement_files, resolve_files, write_report
from psbot.cli.preview import plans_from_gitlab
from psbot.cli.session import (
    LoadedFile,
    Session,
    echo,
    echo_failure,
    loaded_files,
    open_session,
    refusal_error,
)
from psbot.errors import ExitCode, PsbotError, most_severe
from psbot.report.plan import render_plans
from psbot.report.stale import StaleRow, junit_report, render_stale
from psbot.runs.stale.portfolio_digests import DigestResult, PortfolioDigests, find_digest_project
from psbot.runs.stale.run import StaleRunLimits, run_stale
from psbot.runs.stale.write import plan_stale_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from psbot.cli.context import App
    from psbot.core.model.engagement import Engagement
    from psbot.runs.work import RunContext

_MAX_NAMED = 5  # engagements that a message names


def preview_stale(app: App, files: tuple[Path, ...], form: str) -> ExitCode:
    """Print what a run would write, and return the exit code."""
    if form == "junit":
        raise PsbotError(
            "a preview is not a test report", "omit --junit, and use --format text, json or markdown"
        )
    codes = [ExitCode.DONE]
    plans = plans_from_gitlab(app, app.load_engagements(resolve_files(files)), codes, plan_stale_many)
    click.echo(render_plans(form, plans, app.process.limits, app.now), nl=False)
    return most_severe(codes)


@dataclass
class StaleRun:
    """One run that writes, and the exit codes it has collected."""

    app: App
    files: tuple[Path, ...]
    limits: StaleRunLimits
    digest_project: str | None
    as_me: bool
    codes: list[ExitCode] = field(default_factory=list)

    def run(self, form: str, junit: Path | None) -> ExitCode:
        """Run, print the report, and return the exit code."""
        if self.digest_project and self.limits.shard.total > 1:
            raise PsbotError(
                "--digest-project covers the whole portfolio, but this run is one of "
                f"{self.limits.shard.total} shards",
                "run it in a separate job without shards",
            )
        paths = resolve_files(self.files)
        loaded = loaded_files(self.app.load_engagements(paths), self.codes)
        is_complete = not self.codes and _covers_folder(paths)
        in_shard = {key: file for key, file in loaded.items() if self.limits.shard.contains(key)}
        with open_session(self.app) as session:
            rows, digests = self._run_engagements(session, in_shard, is_complete)
        in_ci = "GITLAB_CI" in os.environ
        report = render_stale(form, rows, self.app.now, digests, in_ci=in_ci)
        # click removes escape sequences if there is no terminal, but GitLab's job log needs them to fold sections
        click.echo(report, nl=False, color=in_ci or None)
        if junit:
            write_report(junit, junit_report(rows))
        self._collect_codes(rows, digests, sorted(in_shard.keys() - {each.engagement for each in rows}))
        return most_severe([*self.codes, session.stop.exit_code or ExitCode.DONE])

    def _run_engagements(
        self, session: Session, files: Mapping[str, LoadedFile], is_complete: bool
    ) -> tuple[list[StaleRow], list[DigestResult]]:
        def on_write_start() -> None:
            session.stop.is_writing = True

        context = replace(session.run_context, check_author=check_author if self.as_me else check_machine)
        engagements = [file.engagement for file in files.values()]
        digests = self._portfolio_digests(context, engagements, is_complete)
        results = run_stale(
            engagements,
            context,
            self.limits,
            lambda: session.connection.request_count,
            on_write_start,
            digests=digests,
        )
        rows = [StaleRow.of(files[each.engagement.key].file, each) for each in results]
        for each in rows:
            if refused := sum(receipt.outcome is Outcome.REFUSED for receipt in each.receipts):
                error = refusal_error(session.reader, refused, len(each.receipts))
                self.codes.append(echo_failure(each.file, error))
        if digests and digests.error:
            self.codes.append(echo_failure(str(self.digest_project), digests.error))
        return rows, digests.results if digests else []

    def _portfolio_digests(
        self, context: RunContext, engagements: Sequence[Engagement], is_complete: bool
    ) -> PortfolioDigests | None:
        if not (self.digest_project and engagements):
            return None
        project = find_digest_project(context.tools.reader, self.digest_project, engagements, context.process)
        return PortfolioDigests(project, engagements, is_complete)

    def _collect_codes(
        self, rows: Sequence[StaleRow], digests: Sequence[DigestResult], missing: Sequence[str]
    ) -> None:
        """Report what failed or was not reached, and collect the exit codes of that."""
        self.codes += [echo_failure(each.file, each.error) for each in rows if each.error]
        if missing:
            more = " …" if len(missing) > _MAX_NAMED else ""
            echo(f"stopped before {', '.join(missing[:_MAX_NAMED])}{more}; run again")
            self.codes.append(ExitCode.LIMIT)
        self.codes += [code for each in rows for code in _row_codes(each)]
        self.codes += [code for each in digests for code in _digest_codes(each)]


def _covers_folder(paths: Iterable[Path]) -> bool:
    """Tell whether *paths* have all engagement files below the current directory."""
    return {each.absolute() for each in paths} >= {each.absolute() for each in find_engagement_files()}


def _row_codes(each: StaleRow) -> Iterator[ExitCode]:
    """Yield the exit codes of one engagement besides that of its error."""
    if each.is_postponed:
        yield ExitCode.LIMIT
    if each.not_done() and not each.error:
        yield ExitCode.GITLAB
    if each.stale or each.has_unreadable:
        yield ExitCode.FINDINGS


def _digest_codes(each: DigestResult) -> Iterator[ExitCode]:
    if each.is_postponed:
        yield ExitCode.LIMIT
    if each.not_done:
        yield ExitCode.GITLAB

"""Writes to GitLab for every engagement of a portfolio and reports the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options, progress
from psbot.cli.context import App
from psbot.cli.job_log import log_section
from psbot.cli.session import echo, echo_failure, loaded_files, open_session, refusal_error
from psbot.core.text.escape import replace_control_characters
from psbot.core.text.quantity import quantity
from psbot.errors import ExitCode, most_severe
from psbot.report import apply_rows
from psbot.report.apply import render_file_results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psbot.cli.session import Session
    from psbot.core.model.engagement import Engagement
    from psbot.core.plan.plan import Plan
    from psbot.errors import PsbotError
    from psbot.runs.work import Reconciled, RunContext

    PerformMany = Callable[
        [Iterable[Engagement], RunContext, Callable[[Plan], None]],
        Iterator[tuple[Engagement, Reconciled | PsbotError]],
    ]


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """What to write: how it is performed, for which files, the check before the first write, and the output format."""

    perform: PerformMany
    files: tuple[Path, ...]
    form: str
    exit_code: bool
    check: Callable[[Plan], None] = lambda _: None


def write_portfolio(app: App, request: WriteRequest) -> ExitCode:
    """Perform *request*, report the result of each engagement, and return the exit code."""
    codes = [ExitCode.DONE]
    files = loaded_files(app.load_engagements(options.resolve_files(request.files)), codes)
    results = []
    with open_session(app) as session, progress.progress_bar(session.run_context) as (context, announce):

        def approve(plan: Plan) -> None:
            request.check(plan)
            session.stop.is_writing = session.stop.is_writing or not plan.is_empty
            announce(plan)

        engagements = [each.engagement for each in files.values()]
        for engagement, outcome in request.perform(engagements, context, approve):
            each = apply_rows.FileResult.of(files.pop(engagement.key).file, engagement.key, outcome)
            results.append(each)
            codes.append(outcome.exit_code)
            _show_result(each, session, request.form, app)
    if request.form != "text":
        click.echo(render_file_results(request.form, results, app.now), nl=False)
    if files:
        echo(f"stopped before {', '.join(files)}; run again")
        codes.append(ExitCode.LIMIT)
    if request.exit_code and _needs_attention(results):
        codes.append(ExitCode.FINDINGS)
    return most_severe([*codes, session.stop.exit_code or ExitCode.DONE])


def _show_result(each: apply_rows.FileResult, session: Session, form: str, app: App) -> None:
    """Print the result of one engagement as soon as it is known; errors go to stderr in every format."""
    if form == "text" and each.plan is not None:
        with log_section(
            each.engagement,
            replace_control_characters(f"{each.engagement}: {quantity(sum(1 for _ in each.done()), 'item')}"),
        ):
            click.echo(render_file_results(form, [each], app.now), nl=False)
    if each.error:
        echo_failure(each.file, each.error)
    if refused := each.count_refused():
        echo_failure(each.file, refusal_error(session.reader, refused, len(each.receipts)))


def _needs_attention(results: Sequence[apply_rows.FileResult]) -> bool:
    return any(each.needs_attention for each in results)

"""What commands have in common that write to GitLab for every engagement of a portfolio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options, progress
from psbot.cli import session as _gitlab
from psbot.cli.context import App
from psbot.cli.job_log import log_section
from psbot.core.text.escape import replace_control_characters
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
    """What is to be written: by which function of a portfolio, for which files, what refuses it, how it is told."""

    perform: PerformMany
    files: tuple[Path, ...]
    form: str
    exit_code: bool
    check: Callable[[Plan], None] = lambda _: None


def write_portfolio(app: App, order: WriteRequest) -> ExitCode:
    """Carry out *order*, tell how each engagement ended, and return the exit code."""
    codes = [ExitCode.DONE]
    sheets = _gitlab.loaded_files(app.load_engagements(options.resolve_files(order.files)), codes)
    applied = []
    with _gitlab.open_session(app) as session, progress.progress_bar(session.run_context) as (work, announce):

        def approve(plan: Plan) -> None:
            order.check(plan)
            session.stop.is_writing = session.stop.is_writing or not plan.is_empty
            announce(plan)

        engagements = [each.engagement for each in sheets.values()]
        for engagement, ended in order.perform(engagements, work, approve):
            each = apply_rows.FileResult.of(sheets.pop(engagement.key).file, engagement.key, ended)
            applied.append(each)
            codes.append(ended.exit_code)
            _show_result(each, session, order.form, app)
    if order.form != "text":
        click.echo(render_file_results(order.form, applied, app.now), nl=False)
    if sheets:
        _gitlab.echo(f"stopped before {', '.join(sheets)}; run again")
        codes.append(ExitCode.LIMIT)
    if order.exit_code and _needs_attention(applied):
        codes.append(ExitCode.FINDINGS)
    return most_severe([*codes, session.stop.exit_code or ExitCode.DONE])


def _show_result(each: apply_rows.FileResult, session: Session, form: str, app: App) -> None:
    """Show how one engagement ended as soon as it has; what went wrong goes to stderr, whatever the form."""
    if form == "text" and each.plan is not None:
        with log_section(
            each.engagement,
            replace_control_characters(f"{each.engagement}: {sum(1 for _ in each.done())} items"),
        ):
            click.echo(render_file_results(form, [each], app.now), nl=False)
    if each.error:
        _gitlab.echo_failure(each.file, each.error)
    if refused := each.count_refused():
        _gitlab.echo_failure(each.file, _gitlab.refusal_error(session.reader, refused, len(each.receipts)))


def _needs_attention(applied: Sequence[apply_rows.FileResult]) -> bool:
    return any(each.needs_attention for each in applied)

"""``psbot plan``: shows what apply would do, cost and notify."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psbot.core.model.process import Limits
    from psbot.engagements.loader import LoadResult
    from psbot.errors import ExitCode, PsbotError
    from psbot.report.plan_rows import FilePlan

    Failures = list[tuple[str, PsbotError]]


@click.command(short_help="Show what apply would do, cost and notify.")
@options.files_argument
@option("--offline", is_flag=True, help="Plan as if GitLab were empty; needs no server and no token.")
@option(
    "--merge-request",
    is_flag=True,
    help="In a merge request pipeline: plan the files that it changes, and post the plan as a note.",
)
@option(
    "--out", type=click.Path(path_type=Path), help="With --merge-request: also write the note to this file."
)
@options.format_option
@options.exit_code_option
@click.pass_obj
def plan(
    app: App,
    files: tuple[Path, ...],
    *,
    offline: bool,
    merge_request: bool,
    out: Path | None,
    form: str,
    exit_code: bool,
) -> int:
    """Show what apply would do and cost, and whom GitLab would notify. Does not change engagements.

    With --merge-request, psbot reads GitLab with PSBOT_READ_TOKEN, uses config and templates of the target branch,
    and posts one note with PSBOT_NOTE_TOKEN, which later runs edit.
    """
    from psbot.cli.job_log import log_section
    from psbot.errors import ExitCode, most_severe
    from psbot.report.plan import render_plans

    codes, failures = [ExitCode.DONE], list[tuple[str, "PsbotError"]]()
    if merge_request:
        planned, limits = _in_merge_request(app, files, out, codes, failures)
    else:
        portfolio = app.load_engagements(options.resolve_files(files))
        planned = (_offline if offline else _online)(app, portfolio, codes, failures)
        limits = app.process.limits
    with log_section("plan", "psbot plan", is_wanted=form == "text"):
        click.echo(render_plans(form, planned, limits, app.now), nl=False)
    if exit_code and any(each.needs_attention for each in planned):
        codes.append(ExitCode.FINDINGS)
    return most_severe(codes)


def _in_merge_request(
    app: App, files: tuple[Path, ...], out: Path | None, codes: list[ExitCode], failures: Failures
) -> tuple[list[FilePlan], Limits]:
    from psbot.cli import merge_request

    with merge_request.open_review(app, files) as under:
        portfolio = list(under.proposed.loaded)
        if under.has_token and any(each.engagement for each in portfolio):
            planned = _online(under.app, portfolio, codes, failures, under.environment)
        else:
            planned = _offline(under.app, portfolio, codes, failures)
        codes.append(merge_request.publish_plans(under, planned, failures, out))
        return planned, under.app.process.limits


def _offline(
    app: App, portfolio: list[LoadResult], codes: list[ExitCode], failures: Failures
) -> list[FilePlan]:
    from psbot.cli.errors import echo_error

    planned = []
    for loaded in portfolio:
        if loaded.engagement:
            planned.append(app.plan_offline(loaded, loaded.engagement))
        if loaded.error:
            failures.append((loaded.file, loaded.error))
            codes.append(echo_error(loaded.error))
    return planned


def _online(
    app: App,
    portfolio: list[LoadResult],
    codes: list[ExitCode],
    failures: Failures,
    environment: Mapping[str, str] | None = None,
) -> list[FilePlan]:
    from psbot.cli.preview import plans_from_gitlab
    from psbot.runs.portfolio import plan_apply_many

    failures += [(each.file, each.error) for each in portfolio if each.error]
    return plans_from_gitlab(
        app, portfolio, codes, plan_apply_many, failures=failures, environment=environment
    )

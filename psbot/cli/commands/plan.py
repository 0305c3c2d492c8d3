"""``psbot plan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options as _options
from psbot.cli.context import App
from psbot.cli.options import option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psbot.core.model.process import Limits
    from psbot.engagements.loader import Loaded
    from psbot.errors import Exit, PsbotError
    from psbot.report.plan_rows import Planned

    Failures = list[tuple[str, PsbotError]]


@click.command(short_help="Show what apply would do, cost and notify.")
@_options.files
@option("--offline", is_flag=True, help="As if GitLab were empty; needs no server and no token.")
@option(
    "--merge-request",
    is_flag=True,
    help="In a merge request's pipeline: plan the files that it changes, and write the plan into it.",
)
@option(
    "--out", type=click.Path(path_type=Path), help="With --merge-request: write the note to this file, too."
)
@_options.output_format
@_options.exit_code
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
    """Show what apply would do and cost, and whom GitLab would notify. Writes nothing to engagements.

    With --merge-request the token is the one in PSBOT_READ_TOKEN, config and templates are those of the target
    branch, and PSBOT_NOTE_TOKEN writes one note, which is edited from then on.
    """
    from psbot.cli.job_log import section
    from psbot.errors import Exit, gravest
    from psbot.report.plan import rendered

    codes, failures = [Exit.DONE], list[tuple[str, "PsbotError"]]()
    if merge_request:
        planned, limits = _in_merge_request(app, files, out, codes, failures)
    else:
        portfolio = app.load(_options.portfolio(files))
        planned = (_offline if offline else _online)(app, portfolio, codes, failures)
        limits = app.process.limits
    with section("plan", "psbot plan", is_wanted=form == "text"):
        click.echo(rendered(form, planned, limits, app.now), nl=False)
    if exit_code and any(each.wants_attention for each in planned):
        codes.append(Exit.FINDINGS)
    return gravest(codes)


def _in_merge_request(
    app: App, files: tuple[Path, ...], out: Path | None, codes: list[Exit], failures: Failures
) -> tuple[list[Planned], Limits]:
    from psbot.cli import merge_request as _review

    with _review.review(app, files) as under:
        portfolio = list(under.proposed.loaded)
        if under.has_token and any(each.engagement for each in portfolio):
            planned = _online(under.app, portfolio, codes, failures, under.environment)
        else:
            planned = _offline(under.app, portfolio, codes, failures)
        codes.append(_review.publish_plans(under, planned, failures, out))
        return planned, under.app.process.limits


def _offline(app: App, portfolio: list[Loaded], codes: list[Exit], failures: Failures) -> list[Planned]:
    from psbot.cli.errors import say_error

    planned = []
    for loaded in portfolio:
        if loaded.engagement:
            planned.append(app.plan_offline(loaded, loaded.engagement))
        if loaded.error:
            failures.append((loaded.file, loaded.error))
            codes.append(say_error(loaded.error))
    return planned


def _online(
    app: App,
    portfolio: list[Loaded],
    codes: list[Exit],
    failures: Failures,
    environment: Mapping[str, str] | None = None,
) -> list[Planned]:
    from psbot.cli.preview import drawn
    from psbot.runs.portfolio import draw_up_many

    failures += [(each.file, each.error) for each in portfolio if each.error]
    return drawn(app, portfolio, codes, draw_up_many, failures=failures, environment=environment)

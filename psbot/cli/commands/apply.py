"""``psbot apply``: creates and updates GitLab items to match the engagement files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options
from psbot.cli.context import App
from psbot.cli.options import option

if TYPE_CHECKING:
    from collections.abc import Callable

    from psbot.core.model.process import Limits
    from psbot.core.plan.plan import Plan


@click.command(short_help="Create and update GitLab items to match the engagement files.")
@options.files_argument
@option(
    "--checksum",
    "checksums",
    multiple=True,
    metavar="CHECKSUM",
    help="Apply only the plan that was reviewed under this checksum; repeat for several files.",
)
@option(
    "--reviewed",
    is_flag=True,
    help="In a pipeline of the default branch: report what changed since the plan in the merge request.",
)
@option("--force", is_flag=True, help="Allow closing more than half of an engagement's open items.")
@options.format_option
@options.exit_code_option
@click.pass_obj
def apply(
    app: App,
    files: tuple[Path, ...],
    *,
    checksums: tuple[str, ...],
    reviewed: bool,
    force: bool,
    form: str,
    exit_code: bool,
) -> int:
    """Create and update GitLab items to match the engagement files. A second run changes nothing.

    Ctrl-C and SIGTERM stop it between two requests; the next run resumes. Changes that people made in GitLab are
    kept and reported.
    """
    from functools import partial

    from psbot.cli.write import WriteRequest, write_portfolio
    from psbot.runs.portfolio import reconcile_many

    perform = partial(reconcile_many, only_reviewed=bool(checksums))
    check = _plan_check(checksums, app.process.limits, force=force)
    compare = _plan_comparer(app) if reviewed else _ignore

    def check_and_compare(plan: Plan) -> None:
        check(plan)
        compare(plan)

    return write_portfolio(app, WriteRequest(perform, files, form, exit_code, check_and_compare))


def _ignore(_: Plan) -> None: ...


def _plan_comparer(app: App) -> Callable[[Plan], None]:
    """Return a function that reports how a plan differs from the reviewed one."""
    from psbot.cli import merge_request
    from psbot.core.plan.review import differences

    seen = merge_request.fetch_reviewed(app)

    def compare(plan: Plan) -> None:
        if before := seen.get(plan.engagement):
            merge_request.echo_differences(plan.engagement, differences(before, plan))

    return compare


def _plan_check(checksums: tuple[str, ...], limits: Limits, *, force: bool) -> Callable[[Plan], None]:
    """Return a function that rejects a plan that was not reviewed, or that closes too much."""
    from psbot.core.plan.checksum import is_reviewed
    from psbot.errors import PsbotError

    def check(plan: Plan) -> None:
        if (why := plan.why_force_is_needed(limits)) and not force:
            raise PsbotError(why, "check psbot plan, and add --force if this is intended")
        reviewed = any(map(is_reviewed, plan.operations))
        if checksums and reviewed and plan.checksum() not in checksums:
            raise PsbotError(
                f"{plan.engagement}: the plan is not the reviewed one (its checksum is {plan.checksum()}), because the "
                "file or GitLab changed since",
                "nothing was written; review a new plan",
            )

    return check

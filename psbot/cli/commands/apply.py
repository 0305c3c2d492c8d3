"""``psbot apply``."""

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


@click.command(short_help="Make GitLab what the engagement files say.")
@options.files_argument
@option(
    "--checksum",
    "checksums",
    multiple=True,
    metavar="CHECKSUM",
    help="Do only what was reviewed under this checksum of the plan; repeat it for several files.",
)
@option(
    "--reviewed",
    is_flag=True,
    help="In a pipeline of the default branch: say what has moved since the plan in the merge request.",
)
@option("--force", is_flag=True, help="Close even most of an engagement's open items.")
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
    """Make GitLab what the engagement files say. Once applied, a second run changes nothing.

    Ctrl-C and SIGTERM end it between two requests; the next run goes on. What people have changed in GitLab is
    kept, and said.
    """
    from functools import partial

    from psbot.cli.write import WriteRequest, write_portfolio
    from psbot.runs.portfolio import reconcile_many

    carry_out = partial(reconcile_many, only_reviewed=bool(checksums))
    check = _plan_check(checksums, app.process.limits, force=force)
    compare = _plan_comparer(app) if reviewed else _ignore

    def look(plan: Plan) -> None:
        check(plan)
        compare(plan)

    return write_portfolio(app, WriteRequest(carry_out, files, form, exit_code, look))


def _ignore(_: Plan) -> None: ...


def _plan_comparer(app: App) -> Callable[[Plan], None]:
    """Return what says how a plan differs from the one that was reviewed."""
    from psbot.cli import merge_request
    from psbot.core.plan.review import differences

    seen = merge_request.fetch_reviewed(app)

    def compare(plan: Plan) -> None:
        if before := seen.get(plan.engagement):
            merge_request.echo_differences(plan.engagement, differences(before, plan))

    return compare


def _plan_check(checksums: tuple[str, ...], limits: Limits, *, force: bool) -> Callable[[Plan], None]:
    """Return what refuses a plan that nobody has reviewed, or that closes too much."""
    from psbot.core.plan.checksum import is_reviewed
    from psbot.errors import PsbotError

    def check(plan: Plan) -> None:
        if (why := plan.why_force_is_needed(limits)) and not force:
            raise PsbotError(why, "look at psbot plan, and add --force if that is what you want")
        reviewed = any(map(is_reviewed, plan.operations))
        if checksums and reviewed and plan.checksum() not in checksums:
            raise PsbotError(
                f"{plan.engagement}: the plan is not the one that was reviewed (its checksum is "
                f"{plan.checksum()}); the file or GitLab has changed since",
                "review a new plan; nothing was written",
            )

    return check

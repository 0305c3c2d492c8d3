"""``psbot apply``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import _options
from psbot.cli._app import App
from psbot.cli._options import option

if TYPE_CHECKING:
    from collections.abc import Callable

    from psbot.cli._gitlab import Session
    from psbot.core.plan import Plan
    from psbot.core.process import Limits
    from psbot.report.receipts import Applied


@click.command(short_help="Make GitLab what the engagement files say.")
@_options.files
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
@_options.output_format
@_options.exit_code
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
    from psbot.cli import _gitlab, _progress
    from psbot.errors import Exit, gravest
    from psbot.portfolio import reconcile_many
    from psbot.report import receipts

    codes = [Exit.DONE]
    sheets = _gitlab.sheets(app.load(_options.portfolio(files)), codes)
    check = _check(checksums, app.process.limits, force=force)
    compare = _comparison(app) if reviewed else _say_nothing
    applied = []
    with _gitlab.session(app) as session, _progress.bar(session.work) as (work, announce):

        def approve(plan: Plan) -> None:
            check(plan)
            compare(plan)
            session.stop.is_writing = session.stop.is_writing or not plan.is_empty
            announce(plan)

        engagements = [each.engagement for each in sheets.values()]
        for engagement, ended in reconcile_many(engagements, work, approve, is_bound=bool(checksums)):
            each = receipts.Applied.of(sheets.pop(engagement.key).file, engagement.key, ended)
            applied.append(each)
            codes.append(ended.exit_code)
            _tell(each, session, form, app)
    if form != "text":
        click.echo(receipts.rendered(form, applied, app.now), nl=False)
    if sheets:
        _gitlab.say(f"stopped before {', '.join(sheets)}; run again")
        codes.append(Exit.LIMIT)
    if exit_code and any(each.wants_attention for each in applied):
        codes.append(Exit.FINDINGS)
    return gravest([*codes, session.stop.code or Exit.DONE])


def _tell(each: Applied, session: Session, form: str, app: App) -> None:
    """Show how one engagement ended as soon as it has; what went wrong goes to stderr, whatever the form."""
    from psbot.cli import _gitlab
    from psbot.cli._log import section
    from psbot.core.inert import printable
    from psbot.report import receipts

    if form == "text" and each.plan is not None:
        with section(each.engagement, printable(f"{each.engagement}: {sum(1 for _ in each.done())} items")):
            click.echo(receipts.rendered(form, [each], app.now), nl=False)
    if each.error:
        _gitlab.say_failure(each.file, each.error)
    if refused := each.refused():
        _gitlab.say_failure(each.file, _gitlab.refusal(session.reader, refused, len(each.receipts)))


def _say_nothing(_: Plan) -> None: ...


def _comparison(app: App) -> Callable[[Plan], None]:
    """Return what says how a plan differs from the one that was reviewed."""
    from psbot.cli import _review
    from psbot.core.review import moved

    seen = _review.fetch_reviewed(app)

    def compare(plan: Plan) -> None:
        if before := seen.get(plan.engagement):
            _review.say_moved(plan.engagement, moved(before, plan))

    return compare


def _check(checksums: tuple[str, ...], limits: Limits, *, force: bool) -> Callable[[Plan], None]:
    """Return what refuses a plan that nobody has reviewed, or that closes too much."""
    from psbot.core.plan import is_reviewed
    from psbot.errors import PsbotError

    def check(plan: Plan) -> None:
        if (why := plan.overreach(limits)) and not force:
            raise PsbotError(why, "look at psbot plan, and add --force if that is what you want")
        reviewed = any(map(is_reviewed, plan.operations))
        if checksums and reviewed and plan.checksum() not in checksums:
            raise PsbotError(
                f"{plan.engagement}: the plan is not the one that was reviewed (its checksum is "
                f"{plan.checksum()}); the file or GitLab has changed since",
                "review a new plan; nothing was written",
            )

    return check

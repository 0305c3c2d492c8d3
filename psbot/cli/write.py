"""What commands have in common that write to GitLab for every engagement of a portfolio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli import options as _options
from psbot.cli import progress as _progress
from psbot.cli import session as _gitlab
from psbot.cli.context import App
from psbot.cli.job_log import section
from psbot.core.text.escape import printable
from psbot.errors import Exit, gravest
from psbot.report import apply_rows as receipts
from psbot.report.apply import rendered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psbot.cli.session import Session
    from psbot.core.model.engagement import Engagement
    from psbot.core.plan.plan import Plan
    from psbot.errors import PsbotError
    from psbot.runs.work import Reconciled, Work

    CarryOut = Callable[
        [Iterable[Engagement], Work, Callable[[Plan], None]],
        Iterator[tuple[Engagement, Reconciled | PsbotError]],
    ]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be written: by which function of a portfolio, for which files, what refuses it, how it is told."""

    carry_out: CarryOut
    files: tuple[Path, ...]
    form: str
    exit_code: bool
    check: Callable[[Plan], None] = lambda _: None


def write(app: App, order: Order) -> Exit:
    """Carry out *order*, tell how each engagement ended, and return the exit code."""
    codes = [Exit.DONE]
    sheets = _gitlab.sheets(app.load(_options.portfolio(order.files)), codes)
    applied = []
    with _gitlab.session(app) as session, _progress.bar(session.work) as (work, announce):

        def approve(plan: Plan) -> None:
            order.check(plan)
            session.stop.is_writing = session.stop.is_writing or not plan.is_empty
            announce(plan)

        engagements = [each.engagement for each in sheets.values()]
        for engagement, ended in order.carry_out(engagements, work, approve):
            each = receipts.Applied.of(sheets.pop(engagement.key).file, engagement.key, ended)
            applied.append(each)
            codes.append(ended.exit_code)
            _tell(each, session, order.form, app)
    if order.form != "text":
        click.echo(rendered(order.form, applied, app.now), nl=False)
    if sheets:
        _gitlab.say(f"stopped before {', '.join(sheets)}; run again")
        codes.append(Exit.LIMIT)
    if order.exit_code and _wants_attention(applied):
        codes.append(Exit.FINDINGS)
    return gravest([*codes, session.stop.code or Exit.DONE])


def _tell(each: receipts.Applied, session: Session, form: str, app: App) -> None:
    """Show how one engagement ended as soon as it has; what went wrong goes to stderr, whatever the form."""
    if form == "text" and each.plan is not None:
        with section(each.engagement, printable(f"{each.engagement}: {sum(1 for _ in each.done())} items")):
            click.echo(rendered(form, [each], app.now), nl=False)
    if each.error:
        _gitlab.say_failure(each.file, each.error)
    if refused := each.refused():
        _gitlab.say_failure(each.file, _gitlab.refusal(session.reader, refused, len(each.receipts)))


def _wants_attention(applied: Sequence[receipts.Applied]) -> bool:
    return any(each.wants_attention for each in applied)

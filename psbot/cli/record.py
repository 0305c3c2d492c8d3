"""What commands have in common that record one thing of one engagement: a preview of the plan, or carry it out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from psbot.cli.context import App
from psbot.errors import Exit, gravest

if TYPE_CHECKING:
    from psbot.runs.plans import Draw


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written: which function draws it, for which file, how it is told; or only shown."""

    draw: Draw
    file: Path
    form: str
    is_preview: bool


def carry_out(app: App, change: Change) -> Exit:
    """Write *change*, or print its plan, and return the exit code."""
    from psbot.runs.portfolio import draw_many_by, write_many_by

    if not change.is_preview:
        from psbot.cli.write import Order, write

        carry = partial(write_many_by, draw=change.draw)
        return write(app, Order(carry, (change.file,), change.form, exit_code=False))
    from psbot.cli.preview import drawn
    from psbot.report.plan import rendered

    codes = [Exit.DONE]
    planned = drawn(app, app.load([change.file]), codes, partial(draw_many_by, draw=change.draw))
    click.echo(rendered(change.form, planned, app.process.limits, app.now), nl=False)
    return gravest(codes)

"""Shows a progress bar on stderr at a terminal, nothing elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from psbot.core.plan.plan import Plan
from psbot.runs.work import RunContext


@contextmanager
def progress_bar(work: RunContext) -> Iterator[tuple[RunContext, Callable[[Plan], None]]]:
    """Yield *work* that moves a bar, and what announces the next plan to it."""
    if not sys.stderr.isatty():
        yield work, lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=None)

        def announce(plan: Plan) -> None:
            progress.reset(task, total=len(plan.operations), description=plan.engagement)

        yield (
            replace(work, tools=replace(work.tools, on_progress=lambda count: progress.advance(task, count))),
            announce,
        )

"""What commands have in common that show plans drawn from GitLab, one for each engagement of a portfolio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbot.cli import session as _gitlab
from psbot.cli.context import App
from psbot.errors import PsbotError
from psbot.observe.visibility import outside_readers
from psbot.report.plan_rows import FilePlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from psbot.core.desired.build import Renderer
    from psbot.core.model.engagement import Engagement
    from psbot.core.model.process import Process
    from psbot.core.plan.plan import Plan
    from psbot.engagements.loader import LoadResult
    from psbot.errors import ExitCode
    from psbot.gitlab.ports import Reader

    PlanMany = Callable[
        [Reader, Iterable[Engagement], Process, Renderer, datetime],
        Iterator[tuple[Engagement, Plan | PsbotError]],
    ]


def plans_from_gitlab(
    app: App,
    portfolio: list[LoadResult],
    codes: list[ExitCode],
    plan_many: PlanMany,
    *,
    failures: list[tuple[str, PsbotError]] | None = None,
    environment: Mapping[str, str] | None = None,
) -> list[FilePlan]:
    """Return the plans that *draw_many* makes of what GitLab has; what stops an engagement is said, its code noted.

    *failures* takes note of it, too. An *environment* has server and token where they are not the process's own.
    """
    sheets = _gitlab.loaded_files(portfolio, codes)
    with _gitlab.open_session(app, environment) as session:
        plans = {}
        engagements = [each.engagement for each in sheets.values()]
        for engagement, found in plan_many(session.reader, engagements, app.process, app.templates, app.now):
            if isinstance(found, PsbotError):
                if failures is not None:
                    failures.append((sheets[engagement.key].file, found))
                codes.append(_gitlab.echo_failure(sheets[engagement.key].file, found))
            else:
                plans[engagement.key] = found
        known = [sheets[key].engagement for key in plans]
        heard = outside_readers(session.reader, known, app.process)
    return [
        FilePlan.of(sheet.file, sheet.engagement, plans[key], (*sheet.warnings, *heard.get(key, ())))
        for key, sheet in sheets.items()
        if key in plans
    ]

"""Plans engagements from what GitLab has, for every command that only shows plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbot.cli.context import App
from psbot.cli.session import echo_failure, loaded_files, open_session
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
    """Return the plans that *plan_many* makes from what GitLab has.

    The error of an engagement is printed, and added to *codes* and *failures*. An *environment* has the server and the
    token if they are not those of the process.
    """
    files = loaded_files(portfolio, codes)
    with open_session(app, environment) as session:
        plans = {}
        engagements = [each.engagement for each in files.values()]
        for engagement, result in plan_many(session.reader, engagements, app.process, app.templates, app.now):
            if isinstance(result, PsbotError):
                if failures is not None:
                    failures.append((files[engagement.key].file, result))
                codes.append(echo_failure(files[engagement.key].file, result))
            else:
                plans[engagement.key] = result
        planned = [files[key].engagement for key in plans]
        warnings = outside_readers(session.reader, planned, app.process)
    return [
        FilePlan.of(file.file, file.engagement, plans[key], (*file.warnings, *warnings.get(key, ())))
        for key, file in files.items()
        if key in plans
    ]

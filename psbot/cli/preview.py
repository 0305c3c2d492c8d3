"""What commands have in common that show plans drawn from GitLab, one for each engagement of a portfolio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbot.cli import session as _gitlab
from psbot.cli.context import App
from psbot.errors import PsbotError
from psbot.observe.visibility import listeners
from psbot.report.plan_rows import Planned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from psbot.core.desired.build import Words
    from psbot.core.model.engagement import Engagement
    from psbot.core.model.process import Process
    from psbot.core.plan.plan import Plan
    from psbot.engagements.loader import Loaded
    from psbot.errors import Exit
    from psbot.gitlab.ports import ForgeReader

    DrawMany = Callable[
        [ForgeReader, Iterable[Engagement], Process, Words, datetime],
        Iterator[tuple[Engagement, Plan | PsbotError]],
    ]


def drawn(
    app: App,
    portfolio: list[Loaded],
    codes: list[Exit],
    draw_many: DrawMany,
    *,
    failures: list[tuple[str, PsbotError]] | None = None,
    environment: Mapping[str, str] | None = None,
) -> list[Planned]:
    """Return the plans that *draw_many* makes of what GitLab has; what stops an engagement is said, its code noted.

    *failures* takes note of it, too. An *environment* has server and token where they are not the process's own.
    """
    sheets = _gitlab.sheets(portfolio, codes)
    with _gitlab.session(app, environment) as session:
        plans = {}
        engagements = [each.engagement for each in sheets.values()]
        for engagement, found in draw_many(session.reader, engagements, app.process, app.templates, app.now):
            if isinstance(found, PsbotError):
                if failures is not None:
                    failures.append((sheets[engagement.key].file, found))
                codes.append(_gitlab.say_failure(sheets[engagement.key].file, found))
            else:
                plans[engagement.key] = found
        known = [sheets[key].engagement for key in plans]
        heard = listeners(session.reader, known, app.process)
    return [
        Planned.of(sheet.file, sheet.engagement, plans[key], (*sheet.warnings, *heard.get(key, ())))
        for key, sheet in sheets.items()
        if key in plans
    ]

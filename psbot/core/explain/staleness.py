"""Why an item is stale, or why not: every policy that asks about it, with the dates that its answer rests on."""

from collections.abc import Iterator

from psbot.core.explain.statement import Point, Says
from psbot.core.staleness.escalation import Stale, flagged_since
from psbot.core.staleness.measure import Verdict
from psbot.core.staleness.response import Response

_SAYS = {True: Says.YES, False: Says.NO, None: Says.UNKNOWN}


def points(response: Response, key: str) -> Iterator[Point]:
    """Yield what is to be said of the item *key*, or with ``epic`` of the engagement as a whole."""
    judgement = response.judgement
    if judgement.rests:
        yield Point("stale", f"nothing is looked at: {judgement.rests}", Says.NO)
        return
    asked = [each for each in judgement.verdicts if each.item == key]
    for verdict in asked:
        yield Point("stale", _sentence(verdict, response), _SAYS[verdict.is_stale])
    if not asked:
        yield Point("stale", "no policy asks about it, as it is now", Says.NO)
    yield from _flag(response, key)


def _sentence(verdict: Verdict, response: Response) -> str:
    low, high, today = verdict.days.low, verdict.days.high, response.facts.today
    days = str(low) if low == high else f"between {low} and {high}"
    by = f", last by {verdict.by}" if verdict.by else ""
    counted = f"since {verdict.since}{by}, {days} business days count until {today}"
    said = (
        f"{verdict.policy.name} ({verdict.policy.measure}): {counted}; {verdict.policy.after} make a finding"
    )
    told = next((each for each in response.stale if each.verdict == verdict), None)
    return f"{said}; {_told(told)}" if told else said


def _told(stale: Stale) -> str:
    return f"rung {stale.rung + 1} of the ladder, which tells {', '.join(stale.people)}"


def _flag(response: Response, key: str) -> Iterator[Point]:
    item = next((each for each in response.flagged if each.key == key), None)
    history = response.facts.history(item) if item else None
    since = flagged_since(history, response.flags) if history else None
    if item is not None:
        day = response.facts.engagement.today(since) if since else "a day that could not be found out"
        yield Point(
            "stale", f"flagged {', '.join(sorted(item.labels & response.flags))} since {day}", Says.TOLD
        )

"""Why an item is stale, or why not: every policy that asks about it, with the dates that its answer rests on."""

from collections.abc import Iterator

from psbot.core.explain.statement import Statement, Truth
from psbot.core.staleness.escalation import StaleFinding
from psbot.core.staleness.flags import flagged_since
from psbot.core.staleness.measure import Measurement
from psbot.core.staleness.response import StaleResponse

_TRUTHS = {True: Truth.YES, False: Truth.NO, None: Truth.UNKNOWN}


def statements(response: StaleResponse, key: str) -> Iterator[Statement]:
    """Yield what is to be said of the item *key*, or with ``epic`` of the engagement as a whole."""
    judgement = response.measurements
    if judgement.not_measured_because:
        yield Statement("stale", f"nothing is looked at: {judgement.not_measured_because}", Truth.NO)
        return
    asked = [each for each in judgement.results if each.item == key]
    for verdict in asked:
        yield Statement("stale", _measurement_text(verdict, response), _TRUTHS[verdict.is_stale])
    if not asked:
        yield Statement("stale", "no policy asks about it, as it is now", Truth.NO)
    yield from _flag_statements(response, key)


def _measurement_text(measurement: Measurement, response: StaleResponse) -> str:
    low, high, today = measurement.days.low, measurement.days.high, response.facts.today
    days = str(low) if low == high else f"between {low} and {high}"
    by = f", last by {measurement.username}" if measurement.username else ""
    counted = f"since {measurement.since}{by}, {days} business days count until {today}"
    policy = measurement.policy
    said = f"{policy.name} ({policy.measure}): {counted}; {policy.after} make a finding"
    told = next((each for each in response.stale if each.measurement == measurement), None)
    return f"{said}; {_escalation_text(told)}" if told else said


def _escalation_text(finding: StaleFinding) -> str:
    return f"rung {finding.step + 1} of the ladder, which tells {', '.join(finding.recipients)}"


def _flag_statements(response: StaleResponse, key: str) -> Iterator[Statement]:
    item = next((each for each in response.flagged_items if each.key == key), None)
    history = response.facts.history(item) if item else None
    since = flagged_since(history, response.flag_titles) if history else None
    if item is not None:
        day = response.facts.engagement.today(since) if since else "a day that could not be found out"
        yield Statement(
            "stale",
            f"flagged {', '.join(sorted(item.labels & response.flag_titles))} since {day}",
            Truth.INFO,
        )

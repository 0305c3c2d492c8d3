"""Why an item is stale, or why not: every staleness policy that applies to it, with the dates it is based on."""

from collections.abc import Iterator

from psbot.core.explain.statement import Statement, Truth
from psbot.core.staleness.escalation import StaleFinding
from psbot.core.staleness.flags import flagged_since
from psbot.core.staleness.measure import Measurement
from psbot.core.staleness.response import StaleResponse

_TRUTHS = {True: Truth.YES, False: Truth.NO, None: Truth.UNKNOWN}


def statements(response: StaleResponse, key: str) -> Iterator[Statement]:
    """Yield statements about the item *key*; ``epic`` stands for the engagement as a whole."""
    measurements = response.measurements
    if measurements.not_measured_because:
        yield Statement("stale", f"not measured: {measurements.not_measured_because}", Truth.NO)
        return
    results = [each for each in measurements.results if each.item == key]
    for each in results:
        yield Statement("stale", _measurement_text(each, response), _TRUTHS[each.is_stale])
    if not results:
        yield Statement("stale", "no staleness policy applies at present", Truth.NO)
    yield from _flag_statements(response, key)


def _measurement_text(measurement: Measurement, response: StaleResponse) -> str:
    low, high, policy = measurement.days.low, measurement.days.high, measurement.policy
    days = str(low) if low == high else f"between {low} and {high}"
    unit = "business day" if high == 1 else "business days"
    by = f" (last activity by {measurement.username})" if measurement.username else ""
    counted = f"{days} {unit} from {measurement.since}{by} to {response.facts.today}"
    text = f"{policy.name} ({policy.measure}): {counted}; stale from {policy.after} on"
    finding = next((each for each in response.stale if each.measurement == measurement), None)
    return f"{text}; {_escalation_text(finding)}" if finding else text


def _escalation_text(finding: StaleFinding) -> str:
    return f"escalation step {finding.step + 1} notifies {', '.join(finding.recipients)}"


def _flag_statements(response: StaleResponse, key: str) -> Iterator[Statement]:
    item = next((each for each in response.flagged_items if each.key == key), None)
    history = response.facts.history(item) if item else None
    since = flagged_since(history, response.flag_titles) if history else None
    if item is not None:
        day = response.facts.engagement.today(since) if since else "an unknown date"
        yield Statement(
            "stale",
            f"flagged {', '.join(sorted(item.labels & response.flag_titles))} since {day}",
            Truth.INFO,
        )

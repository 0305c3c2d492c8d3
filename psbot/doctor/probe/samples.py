"""The items of an engagement that a probe creates: one of every kind that psbot makes for it."""

from datetime import UTC, datetime, time

from psbot.core.desired.build import Renderer, build_desired
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Process
from psbot.core.text.marker import parse_marker
from psbot.doctor.probe.items import Sample


def samples_of(engagement: Engagement, process: Process, templates: Renderer) -> tuple[Sample, ...]:
    """Return one item of each kind of *engagement*, on the day of its kick-off, without markers."""
    now = datetime.combine(engagement.kick_off_on, time(9), UTC)
    found = build_desired(engagement, process, now, templates).snapshot.children
    by_kind = {item.kind: item for item in reversed(found)}
    return tuple(
        Sample(kind, item.title, _without_marker(item.description)) for kind, item in sorted(by_kind.items())
    )


def _without_marker(description: str) -> str:
    return description.partition("\n")[2] if parse_marker(description) else description

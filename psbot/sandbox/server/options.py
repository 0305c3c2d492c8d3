"""Server settings that have nothing to do with GitLab's behaviour."""

from dataclasses import dataclass


@dataclass(slots=True)
class ServerOptions:
    """Delays in milliseconds: of a round trip, and of one mutation or write."""

    latency_ms: float = 0.0
    work_ms: float = 0.0

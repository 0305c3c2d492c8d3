"""How the server behaves beside what GitLab does."""

from dataclasses import dataclass


@dataclass(slots=True)
class ServerOptions:
    """Delays in milliseconds: of a round trip, and of the work of one mutation or write."""

    latency_ms: float = 0.0
    work_ms: float = 0.0

"""The log of all API requests, for tests that count or inspect them."""

from collections import Counter
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One API request and its response; status 0 if the connection was cut."""

    number: int
    method: str
    path: str
    query: str
    operation: str
    username: str
    mutations: int
    is_write: bool
    request_bytes: int
    response_bytes: int
    status: int
    fault: str | None


@dataclass(slots=True)
class RequestLog:
    """All API requests since the start or the last reset."""

    entries: list[LoggedRequest] = field(default_factory=list)
    received: int = 0

    def next_number(self) -> int:
        """Return the number of the request just received, from 1."""
        self.received += 1
        return self.received

    def reset(self) -> None:
        """Start again at 1."""
        self.entries.clear()
        self.received = 0

    def summary(self) -> dict[str, object]:
        """Return counts: requests, writes, mutations, bytes, and requests by method, path and operation."""
        calls = Counter(f"{one.method} {one.path} {one.operation}".strip() for one in self.entries)
        return {
            "requests": len(self.entries),
            "writes": sum(one.is_write for one in self.entries),
            "mutations": sum(one.mutations for one in self.entries),
            "request_bytes": sum(one.request_bytes for one in self.entries),
            "response_bytes": sum(one.response_bytes for one in self.entries),
            "calls": dict(sorted(calls.items())),
        }

    def as_data(self) -> list[dict[str, object]]:
        """Return the entries as plain data."""
        return [asdict(one) for one in self.entries]

"""Every way in which one request can go wrong, as the cases that it makes of a request of an undisturbed run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from psbot.sandbox.faults.faults import Fault, FaultKind, FaultTiming
from psbot.sandbox.server.request_log import LoggedRequest
from tests.support.stage import TIMEOUT

STATUSES = (500, 502, 503, 504)
RETRY_AFTER = {"with": "7", "without": None, "absurd": "86400", "odd": "soon"}
SETTLED = 60.0  # seconds after which GitLab has cut whatever it was at


@dataclass(frozen=True, slots=True)
class Case:
    """One request that goes wrong, and how long the product waits for an answer."""

    number: int
    kind: FaultKind
    when: FaultTiming = FaultTiming.BEFORE
    timeout: float = TIMEOUT
    settings: Mapping[str, object] = field(default_factory=dict)

    def fault(self) -> Fault:
        return Fault(self.kind, self.when, number=self.number, **self.settings)  # type: ignore[arg-type]


Pattern = Callable[[LoggedRequest], Iterator[Case]]


def _any(kind: FaultKind, when: FaultTiming, **settings: object) -> Pattern:
    return lambda entry: iter([Case(entry.number, kind, when, settings=settings)])


def _payload_error(entry: LoggedRequest) -> Iterator[Case]:
    if entry.is_write:
        yield Case(entry.number, FaultKind.PAYLOAD_ERROR)


def _partial(entry: LoggedRequest) -> Iterator[Case]:
    """A batch stops after none, one, half, all but one of its mutations."""
    if entry.is_write:
        count = entry.mutations
        for first in sorted({0, 1, count // 2, count - 1} - {count}):
            yield Case(entry.number, FaultKind.PARTIAL, settings={"first": first})


def _short_list(entry: LoggedRequest) -> Iterator[Case]:
    """A list has its first item only, its first two, or lacks some at its end."""
    if entry.operation in _LISTS:
        for first in (1, 2, 5, 10):
            yield Case(entry.number, FaultKind.SHORT_LIST, settings={"first": first})


def _list(kind: FaultKind) -> Pattern:
    def cases(entry: LoggedRequest) -> Iterator[Case]:
        if entry.operation in _LISTS:
            yield Case(entry.number, kind)

    return cases


def _still_working(entry: LoggedRequest) -> Iterator[Case]:
    """The client gives up after a second, half-way, or nearly at the end of what GitLab takes all its time for."""
    if entry.is_write:
        for timeout in (1.0, SETTLED / 2, SETTLED - 5):
            yield Case(
                entry.number,
                FaultKind.SLOW_WORK,
                timeout=timeout,
                settings={"seconds": (SETTLED - 2) / entry.mutations},
            )


def _late(entry: LoggedRequest) -> Iterator[Case]:
    """The client gives up before the request is begun with, or after it is done; it is carried out all the same."""
    for when in FaultTiming:
        yield Case(entry.number, FaultKind.STALL, when, settings={"seconds": SETTLED - 5})


_LISTS = ("Listing", "Activity", "Histories", "Comments")
BOTH: tuple[tuple[str, FaultKind, Mapping[str, object]], ...] = (
    *((str(status), FaultKind.STATUS, {"status": status}) for status in STATUSES),
    *(
        (f"429 {name} Retry-After", FaultKind.STATUS, {"status": 429, "retry_after": value})
        for name, value in RETRY_AFTER.items()
    ),
    ("reset", FaultKind.RESET, {}),
    ("truncated", FaultKind.TRUNCATED, {}),
    ("not JSON", FaultKind.NOT_JSON, {}),
    ("login page", FaultKind.LOGIN_PAGE, {}),
    ("redirect", FaultKind.REDIRECT, {}),
)
PATTERNS: Mapping[str, Pattern] = {
    f"{name} {when.value}": _any(kind, when, **settings)
    for name, kind, settings in BOTH
    for when in FaultTiming
} | {
    "429 in a payload": _payload_error,
    "partial": _partial,
    "time-out": _late,
    "time-out while working": _still_working,
    "short list": _short_list,
    "empty list": _list(FaultKind.EMPTY_LIST),
    "confidential items hidden": _list(FaultKind.NO_CONFIDENTIAL),
}


_ALIKE = {str(status): "5xx" for status in STATUSES} | {
    f"429 {name} Retry-After": "429" for name in RETRY_AFTER
}


def kind_of(pattern: str) -> str:
    """Return the kind of fault that a pattern plays; those of one kind take one path through psbot."""
    name, _, when = pattern.rpartition(" ")
    return f"{_ALIKE[name]} {when}" if name in _ALIKE else pattern


def cases(pattern: str, requests: tuple[LoggedRequest, ...]) -> list[Case]:
    """Return the cases of one pattern for every request of an undisturbed run."""
    return [case for entry in requests for case in PATTERNS[pattern](entry)]

"""Rules that make requests go wrong, in the order in which they were given; each is inspectable."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

Thing = TypeVar("Thing")


class FaultKind(StrEnum):
    """What goes wrong."""

    STATUS = "status"
    RESET = "reset"
    STALL = "stall"
    TRUNCATED = "truncated"
    NOT_JSON = "not-json"
    LOGIN_PAGE = "login-page"
    REDIRECT = "redirect"
    PAYLOAD_ERROR = "payload-error"
    PARTIAL = "partial"
    SHORT_LIST = "short-list"
    EMPTY_LIST = "empty-list"
    NO_CONFIDENTIAL = "no-confidential"
    SLOW_WORK = "slow-work"


class FaultTiming(StrEnum):
    """Whether the request is carried out before it goes wrong."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class Fault:
    """One rule: which requests, what happens to them, and how often it still applies.

    ``number`` is the number of an API request since the start or the last reset, from 1; ``method``, ``path``
    and ``operation`` are regular expressions that must be found. What is None matches everything; ``match`` is
    for rules given in process. ``writes_only`` leaves reads alone. ``seconds`` is how long a stall lasts, and how long
    each mutation of a request with slow work takes; the request goes on when its client has left.
    """

    kind: FaultKind
    when: FaultTiming = FaultTiming.BEFORE
    number: int | None = None
    method: str | None = None
    path: str | None = None
    operation: str | None = None
    writes_only: bool = False
    times: int | None = 1
    status: int = 503
    retry_after: str | None = None
    seconds: float = 30.0
    message: str = "This endpoint has been requested too many times. Try again later."
    first: int = 1
    location: str = "http://elsewhere.invalid/"
    match: "Callable[[IncomingRequest], bool] | None" = field(default=None, repr=False)
    applied: int = 0

    def applies_to(self, incoming: "IncomingRequest") -> bool:
        """Tell whether the rule is for this request."""
        return (
            (self.times is None or self.applied < self.times)
            and self.number in (None, incoming.number)
            and (incoming.is_write or not self.writes_only)
            and all(
                pattern is None or re.search(pattern, text)
                for pattern, text in (
                    (self.method, incoming.method),
                    (self.path, incoming.path),
                    (self.operation, incoming.operation),
                )
            )
            and (self.match is None or self.match(incoming))
        )


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request as rules and the log see it."""

    number: int
    method: str
    path: str
    query: str
    operation: str
    mutations: int
    username: str
    body: bytes

    @property
    def is_write(self) -> bool:
        """Tell whether the request wants something changed."""
        if self.path.endswith("/api/graphql"):
            return self.mutations > 0
        return self.method not in ("GET", "HEAD", "OPTIONS")


def apply_list_fault(things: Sequence[Thing], fault: Fault | None) -> Sequence[Thing]:
    """Return what *fault* leaves of a list; None and other kinds of faults leave all of it."""
    match fault:
        case Fault(kind=FaultKind.EMPTY_LIST):
            return []
        case Fault(kind=FaultKind.SHORT_LIST):
            return things[: fault.first]
        case Fault(kind=FaultKind.NO_CONFIDENTIAL):
            return [one for one in things if not getattr(one, "confidential", False)]
        case _:
            return things


@dataclass(slots=True)
class FaultQueue:
    """The queue: the first rule that applies is the one that happens."""

    rules: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> Fault:
        """Put a rule at the end."""
        self.rules.append(fault)
        return fault

    def take(self, incoming: IncomingRequest) -> Fault | None:
        """Return the rule for *incoming* and count it as applied."""
        fault = next((rule for rule in self.rules if rule.applies_to(incoming)), None)
        if fault:
            fault.applied += 1
        return fault

    def clear(self) -> None:
        """Forget all rules."""
        self.rules.clear()

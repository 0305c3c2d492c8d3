"""Fault rules: which requests fail, how, and how often."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

Thing = TypeVar("Thing")


class FaultKind(StrEnum):
    """How a request fails."""

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
    TIMEOUT = "timeout"


class FaultTiming(StrEnum):
    """Whether the request fails before or after the application has handled it."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class Fault:
    """One rule: which requests fail, how, and how often.

    ``number`` is the number of an API request since the start or the last reset, from 1; ``method``, ``path``
    and ``operation`` are regular expressions to search for. None matches everything; ``match`` is
    for rules added in process. ``writes_only`` spares reads. ``seconds`` is how long a stall lasts, and how long
    each mutation of a slow-work request takes; the request continues after its client has disconnected. A timeout
    hits only GraphQL requests for pages of more than ``first`` nodes.
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
        """Tell whether the rule applies to this request."""
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
            and (self.kind is not FaultKind.TIMEOUT or incoming.page_size > self.first)
        )


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request, described for fault rules and the log."""

    number: int
    method: str
    path: str
    query: str
    operation: str
    mutations: int
    username: str
    body: bytes

    @property
    def page_size(self) -> int:
        """Return how many nodes a GraphQL request wants in a page, by its variable ``page``; 100 if it has none."""
        try:
            variables = json.loads(self.body).get("variables") or {}
        except (ValueError, AttributeError):
            return 0
        found = variables.get("page", 100)
        return found if isinstance(found, int) else 100

    @property
    def is_write(self) -> bool:
        """Tell whether the request is a write."""
        if self.path.endswith("/api/graphql"):
            return self.mutations > 0
        return self.method not in ("GET", "HEAD", "OPTIONS")


def apply_list_fault(things: Sequence[Thing], fault: Fault | None) -> Sequence[Thing]:
    """Return the part of a list that *fault* leaves; without a list fault, all of it."""
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
    """The rules in order; the first one that applies is used."""

    rules: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> Fault:
        """Append a rule."""
        self.rules.append(fault)
        return fault

    def take(self, incoming: IncomingRequest) -> Fault | None:
        """Return the rule for *incoming* and count it as applied."""
        fault = next((rule for rule in self.rules if rule.applies_to(incoming)), None)
        if fault:
            fault.applied += 1
        return fault

    def clear(self) -> None:
        """Remove all rules."""
        self.rules.clear()

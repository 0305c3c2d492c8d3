"""Change policy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class When:
    """Conditions, all of which must hold; None for one that is not set."""

    hours: str | None = None
    months: int | None = None
    later: bool | None = None
    contract: str | None = None
    situation: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """An instrument, when it is the one, and why."""

    use: str
    because: str
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Way:
    """The values of the change scope, by what they stand for."""

    draft: str = "draft"
    impact: str = "impact"
    approval: str = "approval"
    approved: str = "approved"
    rejected: str = "rejected"


@dataclass(frozen=True, slots=True)
class Quarterly:
    """The instruments that are to be closed by the end of a quarter, and how many business days before that is said."""

    instruments: frozenset[str] = frozenset()
    warn_before: int = 10
    first_month: int = 1


@dataclass(frozen=True, slots=True)
class Changes:
    """What ``config/changes.yml`` says; without a kind there are no change requests.

    ``lines`` are how the lines that psbot reads begin, by what they say.
    """

    kind: str = ""
    lines: Mapping[str, str] = field(default_factory=dict)
    nothing: str = "none"
    situations: Mapping[str, str] = field(default_factory=dict)
    instruments: tuple[Rule, ...] = ()
    approvers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    way: Way = field(default_factory=Way)
    impact: tuple[str, ...] = ()
    amends: frozenset[str] = frozenset()
    quarterly: Quarterly = field(default_factory=Quarterly)

    @property
    def needed(self) -> tuple[str, ...]:
        """Return the names of the lines that are filled before anybody approves."""
        return (*TELLING, *self.impact)

    def named(self, names: Iterable[str]) -> str:
        """Return how people call the lines *names*."""
        return ", ".join(self.lines[name] for name in names)


# The lines without which no instrument can be told, and those of the signed paper.
TELLING = ("hours", "new_end", "contract", "situation")
PAPER = ("reference", "signed_on")

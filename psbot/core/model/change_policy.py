"""Change policy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class InstrumentCondition:
    """Conditions, all of which must hold; None for one that is not set."""

    hours: str | None = None
    months: int | None = None
    later: bool | None = None
    contract: str | None = None
    situation: str | None = None


@dataclass(frozen=True, slots=True)
class InstrumentRule:
    """An instrument, when it is the one, and why."""

    instrument: str
    because: str
    when: InstrumentCondition = field(default_factory=InstrumentCondition)


@dataclass(frozen=True, slots=True)
class ChangeStates:
    """The values of the change scope, by what they stand for."""

    draft: str = "draft"
    impact: str = "impact"
    approval: str = "approval"
    approved: str = "approved"
    rejected: str = "rejected"


@dataclass(frozen=True, slots=True)
class QuarterEndPolicy:
    """The instruments that are to be closed by the end of a quarter, and how many business days before that is said."""

    instruments: frozenset[str] = frozenset()
    warn_before: int = 10
    first_month: int = 1


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """What ``config/changes.yml`` says; without a kind there are no change requests.

    ``lines`` are how the lines that psbot reads begin, by what they say.
    """

    kind: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    nothing: str = "none"
    situations: Mapping[str, str] = field(default_factory=dict)
    instrument_rules: tuple[InstrumentRule, ...] = ()
    approvers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    states: ChangeStates = field(default_factory=ChangeStates)
    impact_fields: tuple[str, ...] = ()
    amending_instruments: frozenset[str] = frozenset()
    quarterly: QuarterEndPolicy = field(default_factory=QuarterEndPolicy)

    @property
    def required_fields(self) -> tuple[str, ...]:
        """Return the names of the lines that are filled before anybody approves."""
        return (*DECISIVE_FIELDS, *self.impact_fields)

    def describe_fields(self, names: Iterable[str]) -> str:
        """Return how people call the lines *names*."""
        return ", ".join(self.fields[name] for name in names)


# The lines without which no instrument can be told, and those of the signed paper.
DECISIVE_FIELDS = ("hours", "new_end", "contract", "situation")
SIGNATURE_FIELDS = ("reference", "signed_on")

"""The policy for change requests, as ``config/changes.yml`` defines it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class InstrumentCondition:
    """The conditions of an instrument, all of which must hold; one that is None is not set."""

    hours: str | None = None
    months: int | None = None
    later: bool | None = None
    contract: str | None = None
    situation: str | None = None


@dataclass(frozen=True, slots=True)
class InstrumentRule:
    """An instrument, the conditions under which it is chosen, and the reason to show."""

    instrument: str
    because: str
    when: InstrumentCondition = field(default_factory=InstrumentCondition)


@dataclass(frozen=True, slots=True)
class ChangeStates:
    """The label values of the states that a change request goes through."""

    draft: str = "draft"
    impact: str = "impact"
    approval: str = "approval"
    approved: str = "approved"
    rejected: str = "rejected"


@dataclass(frozen=True, slots=True)
class QuarterEndPolicy:
    """The instruments to close before a quarter ends, and how many business days before to warn."""

    instruments: frozenset[str] = frozenset()
    warn_before: int = 10
    first_month: int = 1


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """Everything in ``config/changes.yml``; without a ``kind`` there are no change requests.

    ``fields`` are the titles of the fields that psbot reads, by name. ``approvers`` are roles by instrument.
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
        """Return the names of the fields that need a value before anybody can approve."""
        return (*DECISIVE_FIELDS, *self.impact_fields)

    def describe_fields(self, names: Iterable[str]) -> str:
        """Return the titles of the fields *names*, comma-separated."""
        return ", ".join(self.fields[name] for name in names)


# The fields that decide on the instrument, and those of the signed document.
DECISIVE_FIELDS = ("hours", "new_end", "contract", "situation")
SIGNATURE_FIELDS = ("reference", "signed_on")

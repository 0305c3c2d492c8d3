"""When something has gone quiet and who is told: the policies of ``config/staleness.yml`` as facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Measure(StrEnum):
    """What a policy counts, in business days."""

    IDLE = "idle"
    WAITING = "waiting"
    IN_STATE = "in-state"
    OVERDUE = "overdue"
    MISSED = "missed"
    SILENCE = "silence"


class Tell(StrEnum):
    """Whom a rung of the ladder tells."""

    ASSIGNEE = "assignee"
    MANAGER = "manager"
    DELIVERY_LEAD = "delivery_lead"


@dataclass(frozen=True, slots=True)
class Policy:
    """From how many business days on something is a finding; an empty set of kinds, phases or states means all."""

    name: str
    measure: Measure
    after: int
    says: str
    kinds: frozenset[str] = frozenset()
    except_kinds: frozenset[str] = frozenset()
    phases: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    in_own_phase: bool = False
    severities: frozenset[str] = frozenset()
    begins: Tell | None = None

    @property
    def is_of_engagement(self) -> bool:
        """Tell whether it is about the whole engagement, not about single items."""
        return self.measure is Measure.SILENCE

    def is_about(self, kind: str, state: str | None, severity: str | None = None) -> bool:
        """Tell whether it is about an item of *kind* in *state* and of that *severity*."""
        if self.severities and severity not in self.severities:
            return False
        if (self.kinds and kind not in self.kinds) or kind in self.except_kinds:
            return False
        return not self.states or state in self.states


@dataclass(frozen=True, slots=True)
class Rung:
    """Who is told when a finding has stood for ``wait`` business days on the rung before, and by which flag."""

    tell: Tell
    flag: str
    wait: int = 0


@dataclass(frozen=True, slots=True)
class Exempt:
    """What no policy is about: items with these labels, of these kinds, engagements in these phases."""

    labels: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    phases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What one run may do: digests it posts, and items it flags."""

    notes: int = 50
    items: int = 1000


@dataclass(frozen=True, slots=True)
class Staleness:
    """Everything ``staleness.yml`` says."""

    policies: Mapping[str, Policy] = field(default_factory=dict)
    ladder: tuple[Rung, ...] = ()
    exempt: Exempt = field(default_factory=Exempt)
    delivery_lead: str | None = None
    ceilings: Ceilings = field(default_factory=Ceilings)

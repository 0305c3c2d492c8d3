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


class Recipient(StrEnum):
    """Whom a rung of the ladder tells."""

    ASSIGNEE = "assignee"
    MANAGER = "manager"
    DELIVERY_LEAD = "delivery_lead"


@dataclass(frozen=True, slots=True)
class StalenessPolicy:
    """From how many business days on something is a finding; an empty set of kinds, phases or states means all."""

    name: str
    measure: Measure
    after: int
    message: str
    kinds: frozenset[str] = frozenset()
    except_kinds: frozenset[str] = frozenset()
    phases: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    in_own_phase: bool = False
    severities: frozenset[str] = frozenset()
    first_recipient: Recipient | None = None

    @property
    def is_about_engagement(self) -> bool:
        """Tell whether it is about the whole engagement, not about single items."""
        return self.measure is Measure.SILENCE

    def applies_to(self, kind: str, state: str | None, severity: str | None = None) -> bool:
        """Tell whether it is about an item of *kind* in *state* and of that *severity*."""
        if self.severities and severity not in self.severities:
            return False
        if (self.kinds and kind not in self.kinds) or kind in self.except_kinds:
            return False
        return not self.states or state in self.states


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Who is told when a finding has stood for ``wait`` business days on the rung before, and by which flag."""

    recipient: Recipient
    flag: str
    after: int = 0


@dataclass(frozen=True, slots=True)
class Exemptions:
    """What no policy is about: items with these labels, of these kinds, engagements in these phases."""

    labels: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    phases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one run may do: digests it posts, and items it flags."""

    notes: int = 50
    items: int = 1000


@dataclass(frozen=True, slots=True)
class StalenessSettings:
    """Everything ``staleness.yml`` says."""

    policies: Mapping[str, StalenessPolicy] = field(default_factory=dict)
    escalation: tuple[EscalationStep, ...] = ()
    exempt: Exemptions = field(default_factory=Exemptions)
    delivery_lead: str | None = None
    limits: RunLimits = field(default_factory=RunLimits)

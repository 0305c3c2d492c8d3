"""The staleness policies of ``config/staleness.yml``: when an item is stale, and whom psbot notifies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Measure(StrEnum):
    """What a policy measures, in business days."""

    IDLE = "idle"
    WAITING = "waiting"
    IN_STATE = "in-state"
    OVERDUE = "overdue"
    MISSED = "missed"
    SILENCE = "silence"


class Recipient(StrEnum):
    """Whom psbot notifies in a step of the escalation."""

    ASSIGNEE = "assignee"
    MANAGER = "manager"
    DELIVERY_LEAD = "delivery_lead"


@dataclass(frozen=True, slots=True)
class StalenessPolicy:
    """After how many business days an item is stale; an empty set of kinds, phases, states or severities means all."""

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
        """Tell whether the policy is about the whole engagement, not about single items."""
        return self.measure is Measure.SILENCE

    def applies_to(self, kind: str, state: str | None, severity: str | None = None) -> bool:
        """Tell whether the policy applies to an item of *kind* with *state* and *severity*."""
        if self.severities and severity not in self.severities:
            return False
        if (self.kinds and kind not in self.kinds) or kind in self.except_kinds:
            return False
        return not self.states or state in self.states


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Whom psbot notifies, with which flag, when a finding is ``after`` business days old in the step before."""

    recipient: Recipient
    flag: str
    after: int = 0


@dataclass(frozen=True, slots=True)
class Exemptions:
    """What no policy applies to: items with these labels or kinds, and engagements in these phases."""

    labels: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    phases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RunLimits:
    """The limits of one run: how many digests it posts, and how many items it flags."""

    notes: int = 50
    items: int = 1000


@dataclass(frozen=True, slots=True)
class StalenessSettings:
    """Everything in ``config/staleness.yml``."""

    policies: Mapping[str, StalenessPolicy] = field(default_factory=dict)
    escalation: tuple[EscalationStep, ...] = ()
    exempt: Exemptions = field(default_factory=Exemptions)
    delivery_lead: str | None = None
    limits: RunLimits = field(default_factory=RunLimits)

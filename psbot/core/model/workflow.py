"""The workflow as ``config/workflow.yml`` defines it: phases, states, transitions, gates and alarms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class TransitionAuthority(StrEnum):
    """Who can change the phase by hand: the manager, or everybody listed under ``people:``."""

    MANAGER = "manager"
    PEOPLE = "people"


class OnIllegal(StrEnum):
    """What psbot does about a manual change of the phase that no transition allows."""

    REPORT = "report"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Condition:
    """A guard, by name, with its argument; or several conditions (``any_of``), one of which must hold."""

    guard: str = ""
    argument: str | int | None = None
    labels: tuple[tuple[str, str], ...] = ()
    any_of: tuple["Condition", ...] = ()

    def single_conditions(self) -> Iterator["Condition"]:
        """Yield the condition itself, or the conditions in ``any_of``."""
        if not self.any_of:
            yield self
        for part in self.any_of:
            yield from part.single_conditions()


@dataclass(frozen=True, slots=True)
class Transition:
    """A transition from one of the phases ``sources`` to the phase ``to``; None means the previous phase.

    psbot makes it when all conditions in ``when`` hold. People with the role ``by`` can make it at any time.
    """

    sources: tuple[str, ...]
    to: str | None
    when: tuple[Condition, ...] = ()
    by: TransitionAuthority | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding while the engagement is in ``phase``, all of ``when`` hold, and not all of ``unless`` hold."""

    code: str
    phase: str
    when: tuple[Condition, ...]
    unless: tuple[Condition, ...]
    hint: str


@dataclass(frozen=True, slots=True)
class AcceptancePolicy:
    """The label values of sign-offs, and the business day (1 is the day sent) at whose end work is deemed accepted."""

    sent: str
    received: str
    passive: str
    objected: str
    passive_after: int = 5

    @property
    def accepted(self) -> frozenset[str]:
        """Return the values that mean that the customer has accepted."""
        return frozenset({self.received, self.passive})


@dataclass(frozen=True, slots=True)
class WorkflowRules:
    """The rules of ``advance``: transitions in order of priority, gates and closing conditions by kind, alarms.

    The epic is closed when one of the ``closing_phases`` begins. No calls and standups are created in
    ``resting_phases``.
    """

    transitions: tuple[Transition, ...] = ()
    gates: Mapping[str, tuple[Condition, ...]] = field(default_factory=dict)
    closes: Mapping[str, tuple[Condition, ...]] = field(default_factory=dict)
    alarms: tuple[Alarm, ...] = ()
    acceptance: AcceptancePolicy | None = None
    closing_phases: frozenset[str] = frozenset()
    resting_phases: frozenset[str] = frozenset()
    on_illegal: OnIllegal = OnIllegal.REPORT

    def transitions_from(self, phase: str) -> tuple[Transition, ...]:
        """Return the transitions that leave *phase*, in order of priority."""
        return tuple(each for each in self.transitions if phase in each.sources)

    def conditions(self) -> Iterator[Condition]:
        """Yield all conditions of transitions, gates, closing items and alarms."""
        lists = [each.when for each in self.transitions] + [*self.gates.values(), *self.closes.values()]
        lists += [(*each.when, *each.unless) for each in self.alarms]
        for conditions in lists:
            for condition in conditions:
                yield from condition.single_conditions()


@dataclass(frozen=True, slots=True)
class Workflow:
    """The phases of the epic and the states of items, in order, what psbot uses them for, and the rules."""

    phases: tuple[str, ...]
    states: tuple[str, ...]
    quote_phase: str
    won_phase: str
    unwanted_state: str
    done_states: frozenset[str]
    final_phases: frozenset[str]
    open_state: str = "todo"
    working_state: str = "doing"
    blocked_state: str = "blocked"
    finished_state: str = "done"
    customer_states: frozenset[str] = frozenset()
    wrap_up_phases: frozenset[str] = frozenset()
    rules: WorkflowRules = field(default_factory=WorkflowRules)

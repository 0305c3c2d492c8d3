"""The table of the workflow: what moves phases and states, as ``config/workflow.yml`` has it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """Who may move an engagement: its manager, or everybody the file names under ``people:``."""

    MANAGER = "manager"
    PEOPLE = "people"


class OnIllegal(StrEnum):
    """What becomes of a move that the table does not allow."""

    REPORT = "report"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Condition:
    """A guard by name with its argument, or several conditions of which one is enough."""

    guard: str = ""
    argument: str | int | None = None
    labels: tuple[tuple[str, str], ...] = ()
    any_of: tuple["Condition", ...] = ()

    def single_conditions(self) -> Iterator["Condition"]:
        """Yield the condition, or the conditions it is made of."""
        if not self.any_of:
            yield self
        for part in self.any_of:
            yield from part.single_conditions()


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from one of ``sources`` to a phase; ``to`` is None for the phase that was left last.

    psbot goes it when all of ``when`` hold; a person of the role ``by`` may go it at any time.
    """

    sources: tuple[str, ...]
    to: str | None
    when: tuple[Condition, ...] = ()
    by: Role | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding that stands while the engagement is in ``phase``, all of ``when`` hold and not all of ``unless``."""

    code: str
    phase: str
    when: tuple[Condition, ...]
    unless: tuple[Condition, ...]
    hint: str


@dataclass(frozen=True, slots=True)
class AcceptancePolicy:
    """The values of the sign-off scope, and the business day at whose end silence accepts; the day sent is day 1."""

    sent: str
    received: str
    passive: str
    objected: str
    passive_after: int = 5

    @property
    def accepted(self) -> frozenset[str]:
        """Return the values with which the customer has accepted."""
        return frozenset({self.received, self.passive})


@dataclass(frozen=True, slots=True)
class WorkflowRules:
    """Transitions in order of priority, gates and what closes items, both by kind, alarms, and what follows."""

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
        """Yield every condition of transitions, gates, closings and alarms."""
        lists = [each.when for each in self.transitions] + [*self.gates.values(), *self.closes.values()]
        lists += [(*each.when, *each.unless) for each in self.alarms]
        for conditions in lists:
            for condition in conditions:
                yield from condition.single_conditions()


@dataclass(frozen=True, slots=True)
class Workflow:
    """Phases of the epic and states of items, in order, and which of them psbot uses for what."""

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

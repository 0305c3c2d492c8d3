"""The shape of ``config/workflow.yml``: phases, states, and the table that moves them."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from psbot.core.model.workflow import (
    AcceptancePolicy,
    Alarm,
    Condition,
    OnIllegal,
    Role,
    Transition,
    Workflow,
    WorkflowRules,
)
from psbot.core.workflow.guards import GUARDS, Argument
from psbot.parsing.fields import Slug, Text
from psbot.parsing.validation import STRICT, show_value, suggest, validation_error

ANY = "any"
_EXAMPLES = {
    Argument.KIND: "kick-off",
    Argument.PHASE: "wrap-up",
    Argument.DAYS: "10",
    Argument.LABELS: "{change: approved}",
}
_MAX_DAYS = 366


def parse_condition(value: object) -> Condition:
    """Return a guard as it is written: ``closed-won``, ``{done: kick-off}`` or ``{any: [...]}``."""
    if isinstance(value, str):
        return _parse_guard(value, None)
    if not isinstance(value, dict) or len(value) != 1:
        raise validation_error("this is not a guard", "write a guard's name, or {name: argument}")
    ((name, argument),) = value.items()
    if name != ANY:
        return _parse_guard(name, argument)
    if not isinstance(argument, list) or not argument:
        raise validation_error("any is for a list of guards", "write {any: [guard, guard]}")
    return Condition(any_of=tuple(map(parse_condition, argument)))


def _parse_guard(name: str, argument: object) -> Condition:
    if name not in GUARDS:
        raise validation_error(f"there is no guard {name}", suggest(name, [*GUARDS, ANY]))
    takes = GUARDS[name].argument
    if takes is Argument.NOTHING:
        if argument is not None:
            raise validation_error(f"{name} takes no argument", f"write {name}")
        return Condition(name)
    if takes is Argument.LABELS and (labels := _label_pairs(argument)):
        return Condition(name, labels=labels)
    if takes is Argument.DAYS and type(argument) is int and 0 <= argument <= _MAX_DAYS:
        return Condition(name, argument)
    if takes in (Argument.KIND, Argument.PHASE) and isinstance(argument, str):
        return Condition(name, argument)
    raise validation_error(
        f"{name} is about {takes}, not {show_value(argument)}", f"write {{{name}: {_EXAMPLES[takes]}}}"
    )


def _label_pairs(argument: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(argument, dict) or not all(isinstance(value, str) for value in argument.values()):
        return ()
    return tuple(argument.items())


def _source_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


GuardField = Annotated[Condition, BeforeValidator(parse_condition)]
Who = Literal["manager", "people"]
Source = Annotated[str, Field(min_length=1, max_length=60)]


class TransitionEntry(BaseModel):
    """A transition between phases."""

    model_config = STRICT
    sources: Annotated[list[Source], BeforeValidator(_source_list), Field(alias="from", min_length=1)]
    to: Slug
    when: list[GuardField] = []
    by: Who | None = None
    or_by: Who | None = None


class AlarmEntry(BaseModel):
    """A finding that stands while its guards hold."""

    model_config = STRICT
    phase: Slug
    when: Annotated[list[GuardField], Field(min_length=1)]
    unless: list[GuardField] = []
    hint: Text


class AcceptanceEntry(BaseModel):
    """The acceptance clock."""

    model_config = STRICT
    sent: Slug
    received: Slug
    passive: Slug
    objected: Slug
    passive_after: Annotated[int, Field(ge=1, le=60)] = 5


class PhasesAndStates(BaseModel):
    """``workflow.yml``."""

    model_config = STRICT
    phases: list[Slug]
    states: list[Slug]
    quote_phase: Slug
    won_phase: Slug
    final_phases: list[Slug]
    done_states: list[Slug]
    unwanted_state: Slug


class WorkflowFile(PhasesAndStates, BaseModel):
    """``workflow.yml``."""

    model_config = STRICT
    closing_phases: list[Slug] = []
    resting_phases: list[Slug] = []
    open_state: Slug
    working_state: Slug
    blocked_state: Slug
    finished_state: Slug
    customer_states: list[Slug] = []
    wrap_up_phases: list[Slug] = []
    transitions: list[TransitionEntry]
    gates: dict[Slug, Annotated[list[GuardField], Field(min_length=1)]] = {}
    closes: dict[Slug, Annotated[list[GuardField], Field(min_length=1)]] = {}
    alarms: dict[Slug, AlarmEntry] = {}
    acceptance: AcceptanceEntry | None = None
    on_illegal: Literal["report", "restore"] = "report"


def to_core(file: WorkflowFile) -> Workflow:
    """Return the workflow that the file describes."""
    return Workflow(
        phases=tuple(file.phases),
        states=tuple(file.states),
        quote_phase=file.quote_phase,
        won_phase=file.won_phase,
        unwanted_state=file.unwanted_state,
        done_states=frozenset(file.done_states),
        final_phases=frozenset(file.final_phases),
        open_state=file.open_state,
        working_state=file.working_state,
        blocked_state=file.blocked_state,
        finished_state=file.finished_state,
        customer_states=frozenset(file.customer_states),
        wrap_up_phases=frozenset(file.wrap_up_phases),
        rules=workflow_rules(file),
    )


ANYWHERE = "*"
BACK = "back"


def workflow_rules(file: WorkflowFile) -> WorkflowRules:
    """Return the table of a file in which nothing is wrong."""
    return WorkflowRules(
        transitions=tuple(
            Transition(
                tuple(source_phases(entry, file)),
                None if entry.to == BACK else entry.to,
                tuple(entry.when),
                Role(who) if (who := entry.by or entry.or_by) else None,
            )
            for entry in file.transitions
        ),
        gates={kind: tuple(conditions) for kind, conditions in file.gates.items()},
        closes={kind: tuple(conditions) for kind, conditions in file.closes.items()},
        alarms=tuple(
            Alarm(code, each.phase, tuple(each.when), tuple(each.unless), each.hint)
            for code, each in file.alarms.items()
        ),
        acceptance=_to_acceptance(file),
        closing_phases=frozenset(file.closing_phases),
        resting_phases=frozenset(file.resting_phases),
        on_illegal=OnIllegal(file.on_illegal),
    )


def _to_acceptance(file: WorkflowFile) -> AcceptancePolicy | None:
    entry = file.acceptance
    if entry is None:
        return None
    return AcceptancePolicy(**entry.model_dump())


def source_phases(entry: TransitionEntry, file: WorkflowFile) -> list[str]:
    """Return the phases a transition leaves: ``*`` is every phase but an end and the one it leads to."""
    if entry.sources != [ANYWHERE]:
        return entry.sources
    return [phase for phase in file.phases if phase not in file.final_phases and phase != entry.to]

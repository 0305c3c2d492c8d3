"""The shape of ``config/workflow.yml``: phases, states, and the table that moves them."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from psbot.core.model.workflow import (
    Acceptance,
    Alarm,
    Condition,
    OnIllegal,
    Role,
    Table,
    Transition,
    Workflow,
)
from psbot.core.workflow.guards import GUARDS, Argument
from psbot.parsing.fields import Text, Word
from psbot.parsing.validation import STRICT, shown, suggestion, wrong

ANY = "any"
_EXAMPLES = {
    Argument.KIND: "kick-off",
    Argument.PHASE: "wrap-up",
    Argument.DAYS: "10",
    Argument.LABELS: "{change: approved}",
}
_LONGEST_DAYS = 366


def condition(value: object) -> Condition:
    """Return a guard as it is written: ``closed-won``, ``{done: kick-off}`` or ``{any: [...]}``."""
    if isinstance(value, str):
        return _guard(value, None)
    if not isinstance(value, dict) or len(value) != 1:
        raise wrong("this is not a guard", "write a guard's name, or {name: argument}")
    ((name, argument),) = value.items()
    if name != ANY:
        return _guard(name, argument)
    if not isinstance(argument, list) or not argument:
        raise wrong("any is for a list of guards", "write {any: [guard, guard]}")
    return Condition(any_of=tuple(map(condition, argument)))


def _guard(name: str, argument: object) -> Condition:
    if name not in GUARDS:
        raise wrong(f"there is no guard {name}", suggestion(name, [*GUARDS, ANY]))
    takes = GUARDS[name].takes
    if takes is Argument.NOTHING:
        if argument is not None:
            raise wrong(f"{name} takes no argument", f"write {name}")
        return Condition(name)
    if takes is Argument.LABELS and (labels := _labels(argument)):
        return Condition(name, labels=labels)
    if takes is Argument.DAYS and type(argument) is int and 0 <= argument <= _LONGEST_DAYS:
        return Condition(name, argument)
    if takes in (Argument.KIND, Argument.PHASE) and isinstance(argument, str):
        return Condition(name, argument)
    raise wrong(f"{name} is about {takes}, not {shown(argument)}", f"write {{{name}: {_EXAMPLES[takes]}}}")


def _labels(argument: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(argument, dict) or not all(isinstance(value, str) for value in argument.values()):
        return ()
    return tuple(argument.items())


def _sources(value: object) -> object:
    return [value] if isinstance(value, str) else value


Guarded = Annotated[Condition, BeforeValidator(condition)]
Who = Literal["manager", "people"]
Source = Annotated[str, Field(min_length=1, max_length=60)]


class TransitionEntry(BaseModel):
    """A transition between phases."""

    model_config = STRICT
    sources: Annotated[list[Source], BeforeValidator(_sources), Field(alias="from", min_length=1)]
    to: Word
    when: list[Guarded] = []
    by: Who | None = None
    or_by: Who | None = None


class AlarmEntry(BaseModel):
    """A finding that stands while its guards hold."""

    model_config = STRICT
    phase: Word
    when: Annotated[list[Guarded], Field(min_length=1)]
    unless: list[Guarded] = []
    hint: Text


class AcceptanceEntry(BaseModel):
    """The acceptance clock."""

    model_config = STRICT
    sent: Word
    received: Word
    passive: Word
    objected: Word
    passive_after: Annotated[int, Field(ge=1, le=60)] = 5


class Phases(BaseModel):
    """``workflow.yml``."""

    model_config = STRICT
    phases: list[Word]
    states: list[Word]
    quote_phase: Word
    won_phase: Word
    final_phases: list[Word]
    done_states: list[Word]
    unwanted_state: Word


class WorkflowFile(Phases, BaseModel):
    """``workflow.yml``."""

    model_config = STRICT
    closing_phases: list[Word] = []
    resting_phases: list[Word] = []
    open_state: Word
    working_state: Word
    blocked_state: Word
    finished_state: Word
    customer_states: list[Word] = []
    wrap_up_phases: list[Word] = []
    transitions: list[TransitionEntry]
    gates: dict[Word, Annotated[list[Guarded], Field(min_length=1)]] = {}
    closes: dict[Word, Annotated[list[Guarded], Field(min_length=1)]] = {}
    alarms: dict[Word, AlarmEntry] = {}
    acceptance: AcceptanceEntry | None = None
    on_illegal: Literal["report", "restore"] = "report"


def _workflow(file: WorkflowFile) -> Workflow:
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
        table=table(file),
    )


ANYWHERE = "*"
BACK = "back"


def table(file: WorkflowFile) -> Table:
    """Return the table of a file in which nothing is wrong."""
    return Table(
        transitions=tuple(
            Transition(
                tuple(_phases_left(entry, file)),
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
        acceptance=_acceptance(file),
        closing_phases=frozenset(file.closing_phases),
        resting_phases=frozenset(file.resting_phases),
        on_illegal=OnIllegal(file.on_illegal),
    )


def _acceptance(file: WorkflowFile) -> Acceptance | None:
    entry = file.acceptance
    if entry is None:
        return None
    return Acceptance(**entry.model_dump())


def _phases_left(entry: TransitionEntry, file: WorkflowFile) -> list[str]:
    """Return the phases a transition leaves: ``*`` is every phase but an end and the one it leads to."""
    if entry.sources != [ANYWHERE]:
        return entry.sources
    return [phase for phase in file.phases if phase not in file.final_phases and phase != entry.to]

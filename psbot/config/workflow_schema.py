"""The shape of ``config/workflow.yml``: phases, states, and the transitions, gates and alarms with their guards."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from psbot.core.model.workflow import Condition
from psbot.core.workflow.guards import GUARDS, Argument
from psbot.parsing.fields import Slug, Text
from psbot.parsing.validation import STRICT, show_value, suggest, validation_error

ANY = "any"
ANYWHERE = "*"
BACK = "back"
_ARGUMENTS = {
    Argument.KIND: ("a kind", "kick-off"),
    Argument.PHASE: ("a phase", "wrap-up"),
    Argument.DAYS: ("a number of days", "10"),
    Argument.LABELS: ("labels", "{change: approved}"),
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
        raise validation_error("any takes a list of guards", "write {any: [guard, guard]}")
    return Condition(any_of=tuple(map(parse_condition, argument)))


def _parse_guard(name: str, argument: object) -> Condition:
    if name not in GUARDS:
        raise validation_error(f"unknown guard {name}", suggest(name, [*GUARDS, ANY]))
    expected = GUARDS[name].argument
    if expected is Argument.NOTHING:
        if argument is not None:
            raise validation_error(f"{name} takes no argument", f"write {name}")
        return Condition(name)
    if expected is Argument.LABELS and (labels := _label_pairs(argument)):
        return Condition(name, labels=labels)
    if expected is Argument.DAYS and type(argument) is int and 0 <= argument <= _MAX_DAYS:
        return Condition(name, argument)
    if expected in (Argument.KIND, Argument.PHASE) and isinstance(argument, str):
        return Condition(name, argument)
    what, example = _ARGUMENTS[expected]
    raise validation_error(f"{name} takes {what}, not {show_value(argument)}", f"write {{{name}: {example}}}")


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
    """A finding that is reported while its guards hold."""

    model_config = STRICT
    phase: Slug
    when: Annotated[list[GuardField], Field(min_length=1)]
    unless: list[GuardField] = []
    hint: Text


class AcceptanceEntry(BaseModel):
    """The passive-acceptance clock, in labels of the scope ``signoff``."""

    model_config = STRICT
    sent: Slug
    received: Slug
    passive: Slug
    objected: Slug
    passive_after: Annotated[int, Field(ge=1, le=60)] = 5


class WorkflowFile(BaseModel):
    """``workflow.yml``."""

    model_config = STRICT
    phases: list[Slug]
    states: list[Slug]
    quote_phase: Slug
    won_phase: Slug
    final_phases: list[Slug]
    done_states: list[Slug]
    unwanted_state: Slug
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


def source_phases(entry: TransitionEntry, file: WorkflowFile) -> list[str]:
    """Return the phases that a transition leaves: ``*`` is every phase except final ones and its target."""
    if entry.sources != [ANYWHERE]:
        return entry.sources
    return [phase for phase in file.phases if phase not in file.final_phases and phase != entry.to]

"""The shape of ``config/workflow.yml``: phases, states, and the table that moves them."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from psbot.bounds import Text
from psbot.configfiles import Phases, Word
from psbot.core.guards import GUARDS, Argument
from psbot.core.table import Condition
from psbot.validation import STRICT, shown, suggestion, wrong

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

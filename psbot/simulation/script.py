"""A script file → what people do and when; strict, everything wrong in it at once, each with its place."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from psbot.core.model.process import Process
from psbot.errors import FileProblems, Problem
from psbot.parsing.fields import Username
from psbot.parsing.validation import STRICT, matching, suggestion, validate
from psbot.parsing.yaml_document import Document, load
from psbot.parsing.yaml_document import Path as Where
from psbot.simulation.actions import BASES, Deed, Entry, Script, Verb, When

_FILE = "file"
_WHEN = re.compile(r"(?P<base>\S+)(?: (?P<plus>[+-][0-9]{1,3}))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAYS = "write a date as 2026-12-01, kick_off_on +2, or an item's due date, as call/2026-12-08 -1"
_Fault = tuple[str, str]  # what is wrong, and what would be right


class DeedEntry(BaseModel):
    """One deed: when, who, what, and what with."""

    model_config = STRICT
    on: Annotated[str, *matching(_WHEN.pattern, _DAYS)]
    who: Username
    does: Annotated[
        str, *matching(r"[a-z]+( [A-Za-z0-9/-]+)?", "write a verb and an item, as close kick-off")
    ]
    what: Any = Field(None, alias="with")


class ScriptFile(BaseModel):
    """The whole script; ``others`` is what becomes of what no deed names."""

    model_config = STRICT
    others: Literal["routine", "nothing"] = "routine"
    deeds: list[DeedEntry] = []


def load_script(file: Path, process: Process) -> Script:
    """Return the script in *file*; raises PsbotError, with everything that is wrong in it."""
    return read_script(load(file), process)


def read_script(document: Document, process: Process) -> Script:
    """Return the script of *document*; raises FileProblems."""
    result = validate(ScriptFile, document)
    found = [
        _problem(document, number, fault)
        for number, entry in enumerate(result.parts.get("deeds", ()))
        for fault in _faults(entry, process)
    ]
    if result.model is None or found:
        raise FileProblems([*result.problems, *found])
    entries = tuple(_entry(number, each) for number, each in enumerate(result.model.deeds, 1))
    return Script(entries, result.model.others == "routine")


def _problem(document: Document, number: int, fault: tuple[Where, str, str]) -> Problem:
    path, message, hint = fault
    return document.problem(("deeds", number, *path), message, hint)


def _entry(number: int, entry: DeedEntry) -> Entry:
    verb, _, item = entry.does.partition(" ")
    return Entry(number, _when(entry.on), Deed(entry.who, Verb(verb), item, entry.what))


def _when(text: str) -> When:
    match = _WHEN.fullmatch(text)
    base, plus = (match["base"], match["plus"]) if match else (text, None)
    return When(date.fromisoformat(base) if _DATE.fullmatch(base) else base, int(plus or 0))


def _faults(entry: DeedEntry, process: Process) -> Iterator[tuple[Where, str, str]]:
    """Yield what a deed has wrong: where in the entry, what, and what would be right."""
    known = sorted({kind.item for kind in process.kinds.values()})
    try:
        base = _when(entry.on).base
    except ValueError:
        yield ("on",), f"{entry.on} is no day of the calendar", "check month and day"
    else:
        if isinstance(base, str) and base not in BASES and base.partition("/")[0] not in known:
            yield ("on",), f"nothing is called {base}", suggestion(base, [*BASES, *known])
    word, _, item = entry.does.partition(" ")
    if word not in list(Verb):
        yield ("does",), f"nobody can {word}", suggestion(word, Verb)
        return
    verb = Verb(word)
    if item_fault := _item_fault(verb, item, process, known):
        yield ("does",), *item_fault
    if fault := _SHAPES[verb](entry.what, process):
        yield ("with",), *fault


def _item_fault(verb: Verb, item: str, process: Process, known: list[str]) -> _Fault | None:
    match verb:
        case Verb.REST:
            choices = [""]
        case Verb.EDIT:
            choices = [_FILE]
        case Verb.OPEN:
            choices = sorted(process.kinds)
        case _:
            choices, item = known, item.partition("/")[0]
    if item in choices:
        return None
    if choices == [""]:
        return f"{verb} takes no item", f"write {verb}"
    return (f"nothing is called {item}" if item else f"{verb} what?"), suggestion(item, choices)


def _nothing(value: object, _: Process) -> _Fault | None:
    return None if value is None else ("this verb takes nothing", "delete with:")


def _text(value: object, _: Process) -> _Fault | None:
    return (
        None
        if isinstance(value, str) and value.strip()
        else ("a text is missing", "write with: and the text")
    )


def _day(value: object, _: Process) -> _Fault | None:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return ("a date is missing", "write with: and a date as 2026-12-01")
    return None


def _day_or_nothing(value: object, process: Process) -> _Fault | None:
    return None if value is None else _day(value, process)


def _people(value: object, _: Process) -> _Fault | None:
    is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return None if is_list else ("usernames are missing", "write with: [paul], or with: [] for nobody")


def _changes(value: object, _: Process) -> _Fault | None:
    return (
        None
        if isinstance(value, Mapping) and value
        else ("what changes?", "write with: {kick_off_on: 2026-12-15}")
    )


def _purpose(value: object, process: Process) -> _Fault | None:
    known = process.catalogue.scopes
    return None if value in known else (f"labels.yml has no scope for {value}", suggestion(str(value), known))


def _labels(value: object, process: Process) -> _Fault | None:
    if not isinstance(value, Mapping) or not value:
        return "which label?", "write with: and its purpose and value of labels.yml, as {state: doing}"
    for purpose, chosen in value.items():
        if fault := _purpose(purpose, process):
            return fault
        if chosen not in (known := process.catalogue.scopes[purpose].labels):
            return f"labels.yml has no label {chosen} for {purpose}", suggestion(str(chosen), known)
    return None


_SHAPES: Mapping[Verb, Callable[[object, Process], _Fault | None]] = {
    Verb.CLOSE: _nothing,
    Verb.REOPEN: _nothing,
    Verb.LABEL: _labels,
    Verb.UNLABEL: _purpose,
    Verb.COMMENT: _text,
    Verb.RETITLE: _text,
    Verb.RESCHEDULE: _day_or_nothing,
    Verb.ASSIGN: _people,
    Verb.WRITE: _text,
    Verb.TICK: _text,
    Verb.UNMARK: _nothing,
    Verb.OPEN: _text,
    Verb.EDIT: _changes,
    Verb.REST: _day,
}

"""Reads a script file into actions, and reports every mistake in it at once with its place."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from psbot.core.model.process import Process
from psbot.errors import FileProblems, Problem
from psbot.parsing.fields import Username
from psbot.parsing.validation import STRICT, matching, suggest, validate
from psbot.parsing.yaml_document import Document, KeyPath, load_yaml
from psbot.simulation.actions import BASE_DATES, Action, RelativeDay, Script, ScriptedAction, Verb

_FILE = "file"
_DAY_PATTERN = re.compile(r"(?P<base>\S+)(?: (?P<plus>[+-][0-9]{1,3}))?")
_DATE_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_HINT = "use a date (2026-12-01), kick_off_on +2, or an item's due date (call/2026-12-08 -1)"
_MessageAndHint = tuple[str, str]  # what is wrong, and how to fix it


class ActionEntry(BaseModel):
    """One action as the file has it: when, who, the verb with its item, and its value."""

    model_config = STRICT
    on: Annotated[str, *matching(_DAY_PATTERN.pattern, _DAY_HINT)]
    who: Username
    does: Annotated[
        str, *matching(r"[a-z]+( [A-Za-z0-9/-]+)?", "use a verb and an item, such as close kick-off")
    ]
    what: Any = Field(None, alias="with")


class ScriptFile(BaseModel):
    """The script file; ``others`` decides about the items that no action mentions."""

    model_config = STRICT
    others: Literal["routine", "nothing"] = "routine"
    deeds: list[ActionEntry] = []


def load_script(file: Path, process: Process) -> Script:
    """Return the script in *file*. Raises PsbotError with every mistake in it."""
    return parse_script(load_yaml(file), process)


def parse_script(document: Document, process: Process) -> Script:
    """Return the script in *document*. Raises FileProblems."""
    result = validate(ScriptFile, document)
    found = [
        _problem(document, number, mistake)
        for number, entry in enumerate(result.parts.get("deeds", ()))
        for mistake in _find_mistakes(entry, process)
    ]
    if result.model is None or found:
        raise FileProblems([*result.problems, *found])
    entries = tuple(_scripted_action(number, each) for number, each in enumerate(result.model.deeds, 1))
    return Script(entries, result.model.others == "routine")


def _problem(document: Document, number: int, mistake: tuple[KeyPath, str, str]) -> Problem:
    path, message, hint = mistake
    return document.problem(("deeds", number, *path), message, hint)


def _scripted_action(number: int, entry: ActionEntry) -> ScriptedAction:
    verb, _, item = entry.does.partition(" ")
    return ScriptedAction(number, _parse_day(entry.on), Action(entry.who, Verb(verb), item, entry.what))


def _parse_day(text: str) -> RelativeDay:
    match = _DAY_PATTERN.fullmatch(text)
    base, plus = (match["base"], match["plus"]) if match else (text, None)
    return RelativeDay(date.fromisoformat(base) if _DATE_PATTERN.fullmatch(base) else base, int(plus or 0))


def _find_mistakes(entry: ActionEntry, process: Process) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield the mistakes in an action: where in the entry, what is wrong, and how to fix it."""
    known = sorted({kind.item for kind in process.kinds.values()})
    try:
        base = _parse_day(entry.on).base
    except ValueError:
        yield ("on",), f"{entry.on} is not a valid date", "check the month and day"
    else:
        if isinstance(base, str) and base not in BASE_DATES and base.partition("/")[0] not in known:
            yield ("on",), f"unknown date or item {base}", suggest(base, [*BASE_DATES, *known])
    word, _, item = entry.does.partition(" ")
    if word not in list(Verb):
        yield ("does",), f"unknown verb {word}", suggest(word, Verb)
        return
    verb = Verb(word)
    if mistake := _check_item(verb, item, process, known):
        yield ("does",), *mistake
    if mistake := _VALUE_CHECKS[verb](entry.what, process):
        yield ("with",), *mistake


def _check_item(verb: Verb, item: str, process: Process, known: list[str]) -> _MessageAndHint | None:
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
    return (f"unknown item {item}" if item else f"the item after {verb} is missing"), suggest(item, choices)


def _check_empty(value: object, _: Process) -> _MessageAndHint | None:
    return None if value is None else ("this verb takes no value", "remove with:")


def _check_text(value: object, _: Process) -> _MessageAndHint | None:
    return (
        None
        if isinstance(value, str) and value.strip()
        else ("the text is missing", "add with: and the text")
    )


def _check_date(value: object, _: Process) -> _MessageAndHint | None:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return ("the date is missing", "add with: and a date, such as 2026-12-01")
    return None


def _check_optional_date(value: object, process: Process) -> _MessageAndHint | None:
    return None if value is None else _check_date(value, process)


def _check_usernames(value: object, _: Process) -> _MessageAndHint | None:
    is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return (
        None
        if is_list
        else ("usernames are missing", "add with: [paul], or with: [] to remove all assignees")
    )


def _check_changes(value: object, _: Process) -> _MessageAndHint | None:
    return (
        None
        if isinstance(value, Mapping) and value
        else ("the changes are missing", "add with: {kick_off_on: 2026-12-15}")
    )


def _check_purpose(value: object, process: Process) -> _MessageAndHint | None:
    known = process.catalogue.scopes
    return None if value in known else (f"labels.yml has no scope for {value}", suggest(str(value), known))


def _check_labels(value: object, process: Process) -> _MessageAndHint | None:
    if not isinstance(value, Mapping) or not value:
        return (
            "the label is missing",
            "add with: and a purpose and value of labels.yml, such as {state: doing}",
        )
    for purpose, chosen in value.items():
        if mistake := _check_purpose(purpose, process):
            return mistake
        if chosen not in (known := process.catalogue.scopes[purpose].labels):
            return f"labels.yml has no label {chosen} for {purpose}", suggest(str(chosen), known)
    return None


_VALUE_CHECKS: Mapping[Verb, Callable[[object, Process], _MessageAndHint | None]] = {
    Verb.CLOSE: _check_empty,
    Verb.REOPEN: _check_empty,
    Verb.LABEL: _check_labels,
    Verb.UNLABEL: _check_purpose,
    Verb.COMMENT: _check_text,
    Verb.RETITLE: _check_text,
    Verb.RESCHEDULE: _check_optional_date,
    Verb.ASSIGN: _check_usernames,
    Verb.WRITE: _check_text,
    Verb.TICK: _check_text,
    Verb.UNMARK: _check_empty,
    Verb.OPEN: _check_text,
    Verb.EDIT: _check_changes,
    Verb.REST: _check_date,
}

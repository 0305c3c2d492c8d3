"""Validates documents with pydantic, and turns its errors into problems with a place, a message and a hint."""

import importlib
import os
import re
import types
import typing
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from psbot.errors import Problem
from psbot.parsing.import_shims import shim_modules
from psbot.parsing.yaml_document import Document, KeyPath, YamlData

Model = TypeVar("Model", bound=BaseModel)


def _disable_plugins() -> None:
    """Stop pydantic from looking for plugins, which psbot does not use.

    It would read the metadata of every installed package. Even when its environment variable disables plugins, it
    imports the code that reads them, and that takes longer than validating a file.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    nothing = types.ModuleType("importlib.metadata")
    vars(nothing)["entry_points"] = lambda **_: ()
    # A version of pydantic that does this elsewhere, or needs more of the module, imports the real one.
    with suppress(ImportError), shim_modules({nothing.__name__: nothing}):
        importlib.import_module("pydantic.plugin._loader")


_disable_plugins()

# Deferred, because nested models are never validated on their own: only the outermost model builds a validator.
STRICT = ConfigDict(defer_build=True, extra="forbid", frozen=True, strict=True, str_strip_whitespace=True)
FIRST_YEAR, LAST_YEAR = 2000, 2100
_MAX_SHOWN = 60  # characters of a wrong value that an error repeats


@dataclass(frozen=True, slots=True)
class ValidationResult(Generic[Model]):
    """The model if everything is valid, otherwise the valid top-level parts and the problems."""

    model: Model | None
    parts: Mapping[str, Any]
    problems: tuple[Problem, ...]


def validate(model: type[Model], document: Document) -> ValidationResult[Model]:
    """Validate *document* as *model*; the valid parts of an invalid document are kept for further checks."""
    data = document.data
    if not isinstance(data, dict):
        what = (
            "the file is empty"
            if data is None
            else f"the file contains {_type_name(data)}, not keys with values"
        )
        keys = ", ".join(name for name, field in model.model_fields.items() if field.is_required())
        return ValidationResult(None, {}, (document.problem((), what, f"add {keys or 'its keys'}"),))
    try:
        right = model.model_validate(data)
        parts = {name: getattr(right, name) for name in model.model_fields}
        return ValidationResult(None if document.problems else right, parts, document.problems)
    except ValidationError as error:
        details = error.errors(include_url=False)
        wrong = {detail["loc"][0] for detail in details if detail["loc"]}
        reported = {(problem.line, problem.column) for problem in document.problems}
        problems = [_to_problem(model, document, detail) for detail in details]
        problems = [each for each in problems if (each.line, each.column) not in reported]
        return ValidationResult(None, _valid_parts(model, data, wrong), (*document.problems, *problems))


def suggest(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean …`` for the nearest of *known*, or the choices themselves."""
    import difflib  # here, because a valid file needs no suggestion

    choices = sorted(known)
    near = difflib.get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"write one of {', '.join(choices)}" if choices else ""


def _valid_parts(model: type[BaseModel], data: dict[str, YamlData], wrong: set[int | str]) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if name in wrong:
            continue
        if name not in data:
            parts[name] = field.get_default(call_default_factory=True)
            continue
        annotation: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        config = None if _model_in(field.annotation) else STRICT
        parts[name] = TypeAdapter(annotation, config=config).validate_python(data[name])
    return parts


def _to_problem(model: type[BaseModel], document: Document, detail: ErrorDetails) -> Problem:
    path = _path_in(document, detail["loc"])
    message, hint = _message_and_hint(model, path, detail)
    return document.problem(path, message, hint, at_key=detail["type"] == "extra_forbidden")


def _path_in(document: Document, loc: tuple[int | str, ...]) -> KeyPath:
    """Return *loc* without the parts that name a branch of a union or a dictionary's key."""
    path: KeyPath = ()
    for part in loc:
        longer = (*path, part)
        if longer in document.values or longer in document.keys or part is loc[-1]:
            path = longer
    return path[:-1] if path and path[-1] == "[key]" else path


def _message_and_hint(model: type[BaseModel], path: KeyPath, detail: ErrorDetails) -> tuple[str, str]:
    name = str(path[-1]) if path else ""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return "this key is missing", f"add {name}:"
        case "extra_forbidden":
            return "unknown key", suggest(name, _keys_at(model, path[:-1]))
        case kind if kind.startswith("psbot_"):
            return detail["msg"], str(context.get("hint", ""))
    return _value_message(detail["type"], detail["input"], context) or _type_message(
        detail["type"], detail["input"], detail["msg"]
    )


def _value_message(kind: str, found: object, context: Mapping[str, Any]) -> tuple[str, str] | None:
    match kind:
        case "literal_error":
            return f"{show_value(found)} is not a valid value", _suggest_choice(
                found, str(context["expected"])
            )
        case "string_type" if isinstance(found, bool | int | float):
            return (
                f"{show_value(found)} is {_type_name(found)}, not text",
                f'write "{show_value(found)}" in quotes',
            )
        case "greater_than_equal":
            return f"{show_value(found)} is too small", f"write at least {context['ge']:g}"
        case "less_than_equal":
            return f"{show_value(found)} is too large", f"write at most {context['le']:g}"
        case "string_too_long" | "too_long":
            return f"this is longer than {context['max_length']}", "shorten it"
        case "string_too_short" | "too_short":
            return "this is empty", "enter a value, or delete the key"
    return None


def _type_message(kind: str, found: object, message: str) -> tuple[str, str]:
    expected = {
        "string_type": "text",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "bool_type": "true or false",
        "list_type": "a list",
        "tuple_type": "a list",
        "dict_type": "keys with values",
        "mapping_type": "keys with values",
        "model_type": "keys with values",
        "model_attributes_type": "keys with values",
    }.get(kind)
    if expected is None:
        return f"{show_value(found)}: {message[:1].lower()}{message[1:]}", ""
    return f"{show_value(found)} is {_type_name(found)}, not {expected}", f"write {expected}"


def _suggest_choice(found: object, expected: str) -> str:
    choices = [part.strip("' ") for part in expected.replace(" or ", ", ").split(",")]
    return suggest(str(found), choices)


def _keys_at(model: type[BaseModel], path: KeyPath) -> list[str]:
    """Return the valid keys at *path* below *model*."""
    current: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int) or current is None:
            continue
        field = current.model_fields.get(part)
        # Below a mapping the part is one of its keys, and the model is that of its values.
        current = _model_in(field.annotation) if field else current
    return [field.alias or name for name, field in current.model_fields.items()] if current else []


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    return next(filter(None, map(_model_in, typing.get_args(annotation))), None)


def _type_name(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    return names.get(type(value), "something else")


def show_value(value: object) -> str:
    """Return *value* as error messages quote it: in one line, shortened."""
    if value is None:
        return "this"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return "this"
    text = " ".join(str(value).split())
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def validation_error(message: str, hint: str = "") -> PydanticCustomError:
    """Return the error for a validator to raise, with a message and a hint."""
    return PydanticCustomError("psbot_rule", "{message}", {"message": message, "hint": hint})


def matching(pattern: str, hint: str, max_length: int = 200) -> tuple[object, object]:
    """Return the annotations of a text that matches *pattern* as a whole; *hint* says how to fix it."""

    def check(text: str) -> str:
        if len(text) > max_length:
            raise validation_error(f"this is longer than {max_length} characters", "shorten it")
        if not re.fullmatch(pattern, text):  # compiled at first use, and kept by re
            raise validation_error(f"{show_value(text)} is not valid" if text else "this is empty", hint)
        return text

    return AfterValidator(check), Field(
        json_schema_extra={"pattern": f"^({pattern})$", "maxLength": max_length}
    )


def _parse_day(value: object) -> date:
    if not isinstance(value, str):
        raise validation_error(
            f"{show_value(value)} is {_type_name(value)}, not a date", "write a date as 2026-12-01"
        )
    parts = value.strip().split("-")
    if [len(part) for part in parts] != [4, 2, 2] or not all(
        part.isascii() and part.isdigit() for part in parts
    ):
        raise validation_error(f"{show_value(value)} is not a date", "write a date as 2026-12-01")
    year, month, day = map(int, parts)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise validation_error(f"{value} is outside the years {FIRST_YEAR} to {LAST_YEAR}", "check the year")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise validation_error(f"{value} is not a calendar day: {error}", "check month and day") from None


Day = Annotated[date, BeforeValidator(_parse_day)]

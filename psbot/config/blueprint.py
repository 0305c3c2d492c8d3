"""Reads ``config/blueprint.yml``: the kinds of items that an engagement has."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from psbot.config.config_file import ConfigFile, ConfigModule, ConfigNames, Located, check_name
from psbot.core.desired.schedule import PLACEHOLDERS
from psbot.core.model import process as core
from psbot.errors import Problem
from psbot.parsing.fields import ConfigLink, Slug, TemplateName, Text
from psbot.parsing.validation import STRICT, matching, suggest, validation_error
from psbot.parsing.yaml_document import KeyPath

BASE_DATES = ("closed_won_on", "kick_off_on", "ends_on", "milestone", "opened_on")


def _parse_offset(value: object) -> core.Offset:
    hint = f"write a base date and business days after it, such as kick_off_on +5; base dates: {', '.join(BASE_DATES)}"
    match = re.fullmatch(r"(\w+)(?:\s*\+\s*(\d{1,3}))?", value.strip()) if isinstance(value, str) else None
    if match is None:
        raise validation_error("this is not a valid date", hint)
    if match[1] not in BASE_DATES:
        raise validation_error(f"{match[1]} is not a base date", suggest(match[1], BASE_DATES))
    return core.Offset(match[1], int(match[2] or 0))


def _check_title(value: object) -> object:
    names = re.findall(r"\{(.*?)\}", value) if isinstance(value, str) else []
    for name in names:
        if name not in PLACEHOLDERS:
            raise validation_error(f"{{{name}}} is not a placeholder for titles", suggest(name, PLACEHOLDERS))
    return value


Offset = Annotated[core.Offset, BeforeValidator(_parse_offset)]
Title = Annotated[Text, BeforeValidator(_check_title)]


class OnlyEntry(BaseModel):
    """The engagements that have a kind."""

    model_config = STRICT
    hosting: Literal["aws", "on-prem"] | None = None
    contract: Literal["fixed-fee", "time-and-materials"] | None = None
    engineers: Literal["none", "some"] | None = None


class CarryOverEntry(BaseModel):
    """What an occurrence takes over from the one before it."""

    model_config = STRICT
    below: Text
    heading: Text


class ColumnsEntry(BaseModel):
    """The heads of a table of actions, by what stands below them."""

    model_config = STRICT
    what: Text
    item: Text
    due: Text
    owner: Text


class ActionTableEntry(BaseModel):
    """Which rows become items, and of which kind."""

    model_config = STRICT
    below: Text
    kind: Annotated[Slug, Field(alias="as")]
    columns: ColumnsEntry


class KindEntry(BaseModel):
    """A kind of ``blueprint.yml``."""

    model_config = STRICT
    item: Slug
    title: Title
    title_each: Title | None = None
    place: Literal["group", "shared", "internal"]
    template: TemplateName
    phase: Slug | None = None
    assignee: Literal["manager", "lead", "project_manager", "delivery_lead"] | None = None
    start: Offset | None = None
    due: Offset | None = None
    repeat: Literal["once", "call", "standup", "milestone", "on-demand"] = "once"
    wanted_from: Literal["quote", "closed-won"] = "closed-won"
    only: OnlyEntry = OnlyEntry()
    seeds: dict[Slug, Slug] = {}
    guide: ConfigLink | None = None
    skippable: bool = True
    when_unwanted: Slug | None = None
    chart: Title | None = None
    carries: CarryOverEntry | None = None
    gathers: Title | None = None
    lines: list[Annotated[str, *matching(r"[^:*|\n]{1,60}", "write a few words without a colon", 60)]] = []
    listed: Title | None = None
    acts: ActionTableEntry | None = None


class BlueprintFile(BaseModel):
    """``blueprint.yml``."""

    model_config = STRICT
    kinds: dict[Slug, KindEntry]
    contact_roles: list[Text] = []


def check(file: ConfigFile[BlueprintFile], others: ConfigNames) -> Iterator[Problem]:
    """Yield what is wrong across kinds, and names that no other file has."""
    kinds = file.model.kinds
    epics = [entry.item for entry in kinds.values() if entry.place == "group"]
    if epics != [core.EPIC]:
        hint = f"set place: group on one kind, with item: {core.EPIC}"
        yield file.document.problem(("kinds",), "exactly one kind must be the epic", hint)
    items: dict[str, str] = {}
    for name, entry in kinds.items():
        first = items.setdefault(entry.item, name)
        if first != name:
            message = f"{entry.item} is already the item of {first}"
            yield file.document.problem(("kinds", name, "item"), message, "choose a unique item key")
        path: KeyPath = ("kinds", name)
        for where, message, hint in _check_kind(path, name, entry, others):
            yield file.document.problem(where, message, hint, at_key=where == path)
        for where, message, hint in _check_on_demand(path, entry, others):
            yield file.document.problem(where, message, hint)


def _check_kind(path: KeyPath, name: str, entry: KindEntry, others: ConfigNames) -> Iterator[Located]:
    yield from others.check_label(path, "kind", name)
    for purpose, value in entry.seeds.items():
        yield from others.check_label((*path, "seeds", purpose), purpose, value)
    if entry.phase:
        yield from check_name((*path, "phase"), entry.phase, others.phases, "a phase of workflow.yml")
    if state := entry.when_unwanted:
        yield from check_name((*path, "when_unwanted"), state, others.states, "a state of workflow.yml")
    if entry.due and entry.due.base == "opened_on" and entry.repeat != "on-demand":
        hint = "choose another base date"
        yield (*path, "due"), "opened_on is only for kinds with repeat: on-demand", hint


def _check_on_demand(path: KeyPath, entry: KindEntry, others: ConfigNames) -> Iterator[Located]:
    """Yield what is wrong with keys that are about kinds that people raise on demand."""
    if entry.acts:
        yield from others.check_on_demand((*path, "acts", "as"), entry.acts.kind)
    for field in ("lines", "listed"):
        if getattr(entry, field) and entry.repeat != "on-demand":
            message = f"{field} is only for kinds with repeat: on-demand"
            yield (*path, field), message, f"delete {field}"


def to_core(file: BlueprintFile) -> Mapping[str, Any]:
    """Return the fields of the process that the file gives."""
    return {
        "kinds": {name: _to_kind(name, entry) for name, entry in file.kinds.items()},
        "contact_roles": tuple(file.contact_roles),
    }


def _to_kind(name: str, entry: KindEntry) -> core.Kind:
    facts = dict(entry)
    return core.Kind(
        **facts
        | {
            "name": name,
            "place": core.PlaceKind(entry.place),
            "repeat": core.Repeat(entry.repeat),
            "wanted_from": core.Stage(entry.wanted_from),
            "only": entry.only.model_dump(exclude_none=True),
            "carries": core.CarryOver(**dict(entry.carries)) if entry.carries else None,
            "lines": tuple(entry.lines),
            "acts": _to_action_table(entry.acts) if entry.acts else None,
        }
    )


def _to_action_table(entry: ActionTableEntry) -> core.ActionTable:
    return core.ActionTable(entry.below, entry.kind, **dict(entry.columns))


MODULE = ConfigModule("blueprint", BlueprintFile, check, to_core)

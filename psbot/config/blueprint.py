"""The shape of the files in ``config/``, as pydantic models: what a key may hold, and nothing across files."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from psbot.config.config_file import ConfigFile
from psbot.config.labels import LabelsFile, missing_label
from psbot.config.workflow import WorkflowFile
from psbot.core.desired.schedule import PLACEHOLDERS
from psbot.core.model import process
from psbot.errors import Problem
from psbot.parsing.fields import ConfigLink, Slug, TemplateName, Text
from psbot.parsing.validation import STRICT, matching, suggest, validation_error

BASE_DATES = ("closed_won_on", "kick_off_on", "ends_on", "milestone", "opened_on")


def _parse_offset(value: object) -> process.Offset:
    hint = f"write a base date and business days after it: kick_off_on +5; base dates are {', '.join(BASE_DATES)}"
    match = re.fullmatch(r"(\w+)(?:\s*\+\s*(\d{1,3}))?", value.strip()) if isinstance(value, str) else None
    if match is None:
        raise validation_error("this is not a day", hint)
    if match[1] not in BASE_DATES:
        raise validation_error(f"{match[1]} is not a base date", suggest(match[1], BASE_DATES))
    return process.Offset(match[1], int(match[2] or 0))


def _check_title(value: object) -> object:
    names = re.findall(r"\{(.*?)\}", value) if isinstance(value, str) else []
    for name in names:
        if name not in PLACEHOLDERS:
            raise validation_error(f"{{{name}}} is not known in a title", suggest(name, PLACEHOLDERS))
    return value


Offset = Annotated[process.Offset, BeforeValidator(_parse_offset)]
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


def check_blueprint(
    file: ConfigFile[BlueprintFile], labels: LabelsFile, workflow: WorkflowFile
) -> Iterator[Problem]:
    """Yield what is wrong in blueprint.yml, seen beside the other files."""
    kinds = file.model.kinds
    epics = [name for name, entry in kinds.items() if entry.place == "group"]
    if [kinds[name].item for name in epics] != [process.EPIC]:
        yield file.document.problem(
            ("kinds",), "exactly one kind is the epic", f"give one place: group, item: {process.EPIC}"
        )
    items: dict[str, str] = {}
    for name, entry in kinds.items():
        first = items.setdefault(entry.item, name)
        if first != name:
            yield file.document.problem(
                ("kinds", name, "item"),
                f"{entry.item} is the item of {first} already",
                "give it a key of its own",
            )
        for path, message, hint in (
            *_check_kind(name, entry, labels, workflow),
            *_check_on_demand(entry, kinds),
        ):
            yield file.document.problem(("kinds", name, *path), message, hint, at_key=not path)


def _check_kind(
    name: str, entry: KindEntry, labels: LabelsFile, workflow: WorkflowFile
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if problem := missing_label(labels, "kind", name):
        yield (), *problem
    for purpose, value in entry.seeds.items():
        if problem := missing_label(labels, purpose, value):
            yield ("seeds", purpose), *problem
    if entry.phase and entry.phase not in workflow.phases:
        hint = suggest(entry.phase, workflow.phases)
        yield ("phase",), f"{entry.phase} is not a phase of workflow.yml", hint
    if entry.when_unwanted and entry.when_unwanted not in workflow.states:
        hint = suggest(entry.when_unwanted, workflow.states)
        yield ("when_unwanted",), f"{entry.when_unwanted} is not a state of workflow.yml", hint
    if entry.due and entry.due.base == "opened_on" and entry.repeat != "on-demand":
        yield ("due",), "opened_on is for kinds with repeat: on-demand", "choose another base date"


def _check_on_demand(
    entry: KindEntry, kinds: Mapping[str, KindEntry]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield what is wrong with what people raise on demand."""
    if entry.acts and (entry.acts.kind not in kinds or kinds[entry.acts.kind].repeat != "on-demand"):
        message = f"{entry.acts.kind} is not a kind with repeat: on-demand"
        yield ("acts", "as"), message, suggest(entry.acts.kind, kinds)
    for field in ("lines", "listed"):
        if getattr(entry, field) and entry.repeat != "on-demand":
            yield (field,), f"{field} is for kinds with repeat: on-demand", f"delete {field}"


def _to_kind(name: str, entry: KindEntry) -> process.Kind:
    facts = dict(entry)
    return process.Kind(
        **facts
        | {
            "name": name,
            "place": process.PlaceKind(entry.place),
            "repeat": process.Repeat(entry.repeat),
            "wanted_from": process.Stage(entry.wanted_from),
            "only": entry.only.model_dump(exclude_none=True),
            "carries": process.CarryOver(**dict(entry.carries)) if entry.carries else None,
            "lines": tuple(entry.lines),
            "acts": _to_action_table(entry.acts) if entry.acts else None,
        }
    )


def _to_action_table(entry: ActionTableEntry) -> process.ActionTable:
    return process.ActionTable(entry.below, entry.kind, **dict(entry.columns))

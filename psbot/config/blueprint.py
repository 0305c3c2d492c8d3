"""The shape of the files in ``config/``, as pydantic models: what a key may hold, and nothing across files."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from psbot.config.config_file import ConfigFile
from psbot.config.labels import Labels, _unlabelled
from psbot.config.workflow import WorkflowFile
from psbot.core.desired.schedule import PLACEHOLDERS
from psbot.core.model import process as core
from psbot.errors import Problem
from psbot.parsing.fields import File, Link, Text, Word
from psbot.parsing.validation import STRICT, matching, suggestion, wrong

BASES = ("closed_won_on", "kick_off_on", "ends_on", "milestone", "opened_on")


def _offset(value: object) -> core.Offset:
    hint = f"write a base date and business days after it: kick_off_on +5; base dates are {', '.join(BASES)}"
    match = re.fullmatch(r"(\w+)(?:\s*\+\s*(\d{1,3}))?", value.strip()) if isinstance(value, str) else None
    if match is None:
        raise wrong("this is not a day", hint)
    if match[1] not in BASES:
        raise wrong(f"{match[1]} is not a base date", suggestion(match[1], BASES))
    return core.Offset(match[1], int(match[2] or 0))


def _title(value: object) -> object:
    names = re.findall(r"\{(.*?)\}", value) if isinstance(value, str) else []
    for name in names:
        if name not in PLACEHOLDERS:
            raise wrong(f"{{{name}}} is not known in a title", suggestion(name, PLACEHOLDERS))
    return value


Offset = Annotated[core.Offset, BeforeValidator(_offset)]
Title = Annotated[Text, BeforeValidator(_title)]


class Only(BaseModel):
    """The engagements that have a kind."""

    model_config = STRICT
    hosting: Literal["aws", "on-prem"] | None = None
    contract: Literal["fixed-fee", "time-and-materials"] | None = None
    engineers: Literal["none", "some"] | None = None


class CarriesEntry(BaseModel):
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


class ActsEntry(BaseModel):
    """Which rows become items, and of which kind."""

    model_config = STRICT
    below: Text
    kind: Annotated[Word, Field(alias="as")]
    columns: ColumnsEntry


class KindEntry(BaseModel):
    """A kind of ``blueprint.yml``."""

    model_config = STRICT
    item: Word
    title: Title
    title_each: Title | None = None
    place: Literal["group", "shared", "internal"]
    template: File
    phase: Word | None = None
    assignee: Literal["manager", "lead", "project_manager", "delivery_lead"] | None = None
    start: Offset | None = None
    due: Offset | None = None
    repeat: Literal["once", "call", "standup", "milestone", "on-demand"] = "once"
    wanted_from: Literal["quote", "closed-won"] = "closed-won"
    only: Only = Only()
    seeds: dict[Word, Word] = {}
    guide: Link | None = None
    skippable: bool = True
    when_unwanted: Word | None = None
    chart: Title | None = None
    carries: CarriesEntry | None = None
    gathers: Title | None = None
    lines: list[Annotated[str, *matching(r"[^:*|\n]{1,60}", "write a few words without a colon", 60)]] = []
    listed: Title | None = None
    acts: ActsEntry | None = None


class Blueprint(BaseModel):
    """``blueprint.yml``."""

    model_config = STRICT
    kinds: dict[Word, KindEntry]
    contact_roles: list[Text] = []


def _of_blueprint(file: ConfigFile[Blueprint], labels: Labels, workflow: WorkflowFile) -> Iterator[Problem]:
    kinds = file.model.kinds
    epics = [name for name, entry in kinds.items() if entry.place == "group"]
    if [kinds[name].item for name in epics] != [core.EPIC]:
        yield file.document.problem(
            ("kinds",), "exactly one kind is the epic", f"give one place: group, item: {core.EPIC}"
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
        for path, message, hint in (*_of_kind(name, entry, labels, workflow), *_of_raising(entry, kinds)):
            yield file.document.problem(("kinds", name, *path), message, hint, at_key=not path)


def _of_kind(
    name: str, entry: KindEntry, labels: Labels, workflow: WorkflowFile
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if problem := _unlabelled(labels, "kind", name):
        yield (), *problem
    for purpose, value in entry.seeds.items():
        if problem := _unlabelled(labels, purpose, value):
            yield ("seeds", purpose), *problem
    if entry.phase and entry.phase not in workflow.phases:
        hint = suggestion(entry.phase, workflow.phases)
        yield ("phase",), f"{entry.phase} is not a phase of workflow.yml", hint
    if entry.when_unwanted and entry.when_unwanted not in workflow.states:
        hint = suggestion(entry.when_unwanted, workflow.states)
        yield ("when_unwanted",), f"{entry.when_unwanted} is not a state of workflow.yml", hint
    if entry.due and entry.due.base == "opened_on" and entry.repeat != "on-demand":
        yield ("due",), "opened_on is for kinds with repeat: on-demand", "choose another base date"


def _of_raising(
    entry: KindEntry, kinds: Mapping[str, KindEntry]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield what is wrong with what people raise on demand."""
    if entry.acts and (entry.acts.kind not in kinds or kinds[entry.acts.kind].repeat != "on-demand"):
        message = f"{entry.acts.kind} is not a kind with repeat: on-demand"
        yield ("acts", "as"), message, suggestion(entry.acts.kind, kinds)
    for field in ("lines", "listed"):
        if getattr(entry, field) and entry.repeat != "on-demand":
            yield (field,), f"{field} is for kinds with repeat: on-demand", f"delete {field}"


def _kind(name: str, entry: KindEntry) -> core.Kind:
    facts = dict(entry)
    return core.Kind(
        **facts
        | {
            "name": name,
            "place": core.PlaceKind(entry.place),
            "repeat": core.Repeat(entry.repeat),
            "wanted_from": core.Stage(entry.wanted_from),
            "only": entry.only.model_dump(exclude_none=True),
            "carries": core.Carries(**dict(entry.carries)) if entry.carries else None,
            "lines": tuple(entry.lines),
            "acts": _acts(entry.acts) if entry.acts else None,
        }
    )


def _acts(entry: ActsEntry) -> core.Acts:
    return core.Acts(entry.below, entry.kind, **dict(entry.columns))

"""``config/changes.yml``: its shape, what is wrong with it across files, and what it says as core facts."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from psbot.config.blueprint import KindEntry
from psbot.config.labels import LabelsFile
from psbot.core.model.change_policy import (
    ChangePolicy,
    ChangeStates,
    InstrumentCondition,
    InstrumentRule,
    QuarterEndPolicy,
)
from psbot.errors import Problem
from psbot.parsing.fields import Slug, Text
from psbot.parsing.validation import STRICT, suggest
from psbot.parsing.yaml_document import Document, KeyPath

_Located = tuple[KeyPath, str, str]


FieldName = Annotated[Text, Field(pattern=r"^[^:*|\n]{1,60}$")]


class FieldNameEntries(BaseModel):
    """How the lines that psbot reads begin, by what they say."""

    model_config = STRICT
    summary: FieldName
    hours: FieldName
    new_end: FieldName
    contract: FieldName
    situation: FieldName
    timeline: FieldName
    scope: FieldName
    quality: FieldName
    budget: FieldName
    reference: FieldName
    signed_on: FieldName


class ConditionEntry(BaseModel):
    """The conditions of an instrument."""

    model_config = STRICT
    hours: Literal["more", "less"] | None = None
    months: Annotated[int, Field(ge=1, le=60)] | None = None
    later: bool | None = None
    contract: Literal["switched"] | None = None
    situation: Slug | None = None


class InstrumentEntry(BaseModel):
    """An instrument, when it is the one, and why."""

    model_config = STRICT
    use: Slug
    because: Text
    when: ConditionEntry = ConditionEntry()


class ChangeStatesEntry(BaseModel):
    """The values of the change scope."""

    model_config = STRICT
    draft: Slug
    impact: Slug
    approval: Slug
    approved: Slug
    rejected: Slug


class QuarterlyEntry(BaseModel):
    """What is to be closed before a quarter ends."""

    model_config = STRICT
    instruments: list[Slug]
    warn_before: Annotated[int, Field(ge=0, le=60)] = 10
    first_month: Annotated[int, Field(ge=1, le=12)] = 1


Role = Literal["manager", "project_manager", "delivery_lead", "lead"]
Impact = Literal["timeline", "scope", "quality", "budget"]


class ChangesFile(BaseModel):
    """``changes.yml``."""

    model_config = STRICT
    kind: Slug
    lines: FieldNameEntries
    nothing: Text
    situations: dict[Slug, Text]
    instruments: Annotated[list[InstrumentEntry], Field(min_length=1)]
    approvers: dict[Slug, Annotated[list[Role], Field(min_length=1)]]
    way: ChangeStatesEntry
    impact: list[Impact]
    amends: list[Slug]
    quarterly: QuarterlyEntry


def to_core(file: ChangesFile) -> ChangePolicy:
    """Return what a file says in which nothing is wrong."""
    return ChangePolicy(
        kind=file.kind,
        fields=dict(file.lines),
        nothing=file.nothing,
        situations=dict(file.situations),
        instrument_rules=tuple(
            InstrumentRule(each.use, each.because, InstrumentCondition(**dict(each.when)))
            for each in file.instruments
        ),
        approvers={name: tuple(roles) for name, roles in file.approvers.items()},
        states=ChangeStates(**dict(file.way)),
        impact_fields=tuple(file.impact),
        amending_instruments=frozenset(file.amends),
        quarterly=QuarterEndPolicy(
            frozenset(file.quarterly.instruments), file.quarterly.warn_before, file.quarterly.first_month
        ),
    )


def check_changes(
    document: Document, file: ChangesFile, kinds: Mapping[str, KindEntry], labels: LabelsFile
) -> Iterator[Problem]:
    """Yield what is wrong: names that no other file knows, and instruments that are never chosen."""
    for path, message, hint in (
        *_check_names(file, kinds, labels),
        *_check_distinct(file),
        *_check_instruments(file),
    ):
        yield document.problem(path, message, hint)


def _check_names(file: ChangesFile, kinds: Mapping[str, KindEntry], labels: LabelsFile) -> Iterator[_Located]:
    if file.kind not in kinds or kinds[file.kind].repeat != "on-demand":
        yield ("kind",), f"{file.kind} is not a kind with repeat: on-demand", suggest(file.kind, kinds)
    used: list[tuple[KeyPath, str, str]] = [(("way", name), "change", value) for name, value in file.way]
    used += [(("instruments", at, "use"), "instrument", each.use) for at, each in enumerate(file.instruments)]
    used += [(("approvers", name), "instrument", name) for name in file.approvers]
    used += [(("amends", at), "instrument", name) for at, name in enumerate(file.amends)]
    used += [
        (("quarterly", "instruments", at), "instrument", name)
        for at, name in enumerate(file.quarterly.instruments)
    ]
    for path, purpose, value in used:
        known = labels.scopes[purpose].labels if purpose in labels.scopes else {}
        if value not in known:
            yield path, f"labels.yml has no label {value} for {purpose}", suggest(value, known)
    for at, each in enumerate(file.instruments):
        named = each.when.situation
        if named and named not in file.situations:
            yield (
                ("instruments", at, "when", "situation"),
                f"{named} is not one of the situations",
                suggest(named, file.situations),
            )
        if each.use not in file.approvers:
            hint = "name a role under approvers"
            yield ("instruments", at, "use"), f"nobody may approve {each.use}", hint


def _check_distinct(file: ChangesFile) -> Iterator[_Located]:
    """Yield lines, and steps of the way, that could not be told apart."""
    for part, named in (("lines", file.lines), ("way", file.way)):
        first: dict[str, str] = {}
        for name, value in named:
            known = first.setdefault(value.casefold(), name)
            if known != name:
                yield (part, name), f"{value} is {known} already", "give each its own"


def _check_instruments(file: ChangesFile) -> Iterator[_Located]:
    last = len(file.instruments) - 1
    for at, each in enumerate(file.instruments):
        is_open = each.when == ConditionEntry()
        if is_open and at < last:
            hint = "give it conditions, or move it to the end"
            yield ("instruments", at), "it takes all that is left, so those after it are never chosen", hint
        if at == last and not is_open:
            hint = "add an instrument without when:"
            yield ("instruments", at), "the last instrument has to take what is left", hint

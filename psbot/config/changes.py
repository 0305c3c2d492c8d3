"""Reads ``config/changes.yml``: the fields of a change request, which instrument it needs, and who approves it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from psbot.config.config_file import ConfigFile, ConfigModule, ConfigNames, Located, check_name
from psbot.core.model.change_policy import (
    ChangePolicy,
    ChangeStates,
    InstrumentCondition,
    InstrumentRule,
    QuarterEndPolicy,
)
from psbot.errors import Problem
from psbot.parsing.fields import Slug, Text
from psbot.parsing.validation import STRICT

FieldName = Annotated[Text, Field(pattern=r"^[^:*|\n]{1,60}$")]


class FieldNameEntries(BaseModel):
    """The names of the fields that psbot reads in a change request."""

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
    """When an instrument applies: all of these conditions."""

    model_config = STRICT
    hours: Literal["more", "less"] | None = None
    months: Annotated[int, Field(ge=1, le=60)] | None = None
    later: bool | None = None
    contract: Literal["switched"] | None = None
    situation: Slug | None = None


class InstrumentEntry(BaseModel):
    """A rule: when an instrument applies, and why."""

    model_config = STRICT
    use: Slug
    because: Text
    when: ConditionEntry = ConditionEntry()


class ChangeStatesEntry(BaseModel):
    """The label values of the scope ``change``, by state."""

    model_config = STRICT
    draft: Slug
    impact: Slug
    approval: Slug
    approved: Slug
    rejected: Slug


class QuarterlyEntry(BaseModel):
    """Instruments whose change requests must be closed before the quarter ends."""

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


def check(file: ConfigFile[ChangesFile], others: ConfigNames) -> Iterator[Problem]:
    """Yield what is wrong: names that no other file has, and instruments that are never chosen."""
    changes = file.model
    found = (*_check_names(changes, others), *_check_approvers(changes))
    for path, message, hint in (*found, *_check_distinct(changes), *_check_order(changes)):
        yield file.document.problem(path, message, hint)


def _check_names(file: ChangesFile, others: ConfigNames) -> Iterator[Located]:
    yield from others.check_on_demand(("kind",), file.kind)
    for name, value in file.way:
        yield from others.check_label(("way", name), "change", value)
    for at, each in enumerate(file.instruments):
        yield from others.check_label(("instruments", at, "use"), "instrument", each.use)
    for name in file.approvers:
        yield from others.check_label(("approvers", name), "instrument", name)
    for at, name in enumerate(file.amends):
        yield from others.check_label(("amends", at), "instrument", name)
    for at, name in enumerate(file.quarterly.instruments):
        yield from others.check_label(("quarterly", "instruments", at), "instrument", name)


def _check_approvers(file: ChangesFile) -> Iterator[Located]:
    """Yield instruments that nobody may approve, and circumstances that are not listed."""
    for at, each in enumerate(file.instruments):
        if situation := each.when.situation:
            path = ("instruments", at, "when", "situation")
            yield from check_name(path, situation, file.situations, "one of the situations")
        if each.use not in file.approvers:
            hint = "add a role under approvers:"
            yield ("instruments", at, "use"), f"no approver is set for {each.use}", hint


def _check_distinct(file: ChangesFile) -> Iterator[Located]:
    """Yield fields, and states of a change request, that have the same name."""
    for part, entries in (("lines", file.lines), ("way", file.way)):
        used: dict[str, str] = {}
        for name, value in entries:
            first = used.setdefault(value.casefold(), name)
            if first != name:
                yield (part, name), f"{value} is already used for {first}", "choose a unique value"


def _check_order(file: ChangesFile) -> Iterator[Located]:
    """Yield a rule without conditions that is not the last one, and a last one with conditions."""
    last = len(file.instruments) - 1
    for at, each in enumerate(file.instruments):
        is_open = each.when == ConditionEntry()
        if is_open and at < last:
            message = "it has no conditions, so the instruments after it are never chosen"
            yield ("instruments", at), message, "add when:, or move it to the end"
        if at == last and not is_open:
            hint = "add an instrument without when:"
            yield ("instruments", at), "the last instrument must have no conditions", hint


def to_core(file: ChangesFile) -> Mapping[str, Any]:
    """Return the fields of the process that the file gives."""
    policy = ChangePolicy(
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
    return {"changes": policy}


MODULE = ConfigModule("changes", ChangesFile, check, to_core)

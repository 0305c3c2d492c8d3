"""``config/changes.yml``: its shape, what is wrong with it across files, and what it says as core facts."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from psbot.config.blueprint import KindEntry
from psbot.config.labels import Labels
from psbot.core.model.change_policy import Changes, Quarterly, Rule, Way, When
from psbot.errors import Problem
from psbot.parsing.fields import Text, Word
from psbot.parsing.validation import STRICT, suggestion
from psbot.parsing.yaml_document import Document, Path

_What = tuple[Path, str, str]


Line = Annotated[Text, Field(pattern=r"^[^:*|\n]{1,60}$")]


class LineEntries(BaseModel):
    """How the lines that psbot reads begin, by what they say."""

    model_config = STRICT
    summary: Line
    hours: Line
    new_end: Line
    contract: Line
    situation: Line
    timeline: Line
    scope: Line
    quality: Line
    budget: Line
    reference: Line
    signed_on: Line


class WhenEntry(BaseModel):
    """The conditions of an instrument."""

    model_config = STRICT
    hours: Literal["more", "less"] | None = None
    months: Annotated[int, Field(ge=1, le=60)] | None = None
    later: bool | None = None
    contract: Literal["switched"] | None = None
    situation: Word | None = None


class InstrumentEntry(BaseModel):
    """An instrument, when it is the one, and why."""

    model_config = STRICT
    use: Word
    because: Text
    when: WhenEntry = WhenEntry()


class WayEntry(BaseModel):
    """The values of the change scope."""

    model_config = STRICT
    draft: Word
    impact: Word
    approval: Word
    approved: Word
    rejected: Word


class QuarterlyEntry(BaseModel):
    """What is to be closed before a quarter ends."""

    model_config = STRICT
    instruments: list[Word]
    warn_before: Annotated[int, Field(ge=0, le=60)] = 10
    first_month: Annotated[int, Field(ge=1, le=12)] = 1


Role = Literal["manager", "project_manager", "delivery_lead", "lead"]
Impact = Literal["timeline", "scope", "quality", "budget"]


class ChangesFile(BaseModel):
    """``changes.yml``."""

    model_config = STRICT
    kind: Word
    lines: LineEntries
    nothing: Text
    situations: dict[Word, Text]
    instruments: Annotated[list[InstrumentEntry], Field(min_length=1)]
    approvers: dict[Word, Annotated[list[Role], Field(min_length=1)]]
    way: WayEntry
    impact: list[Impact]
    amends: list[Word]
    quarterly: QuarterlyEntry


def changes(file: ChangesFile) -> Changes:
    """Return what a file says in which nothing is wrong."""
    return Changes(
        kind=file.kind,
        lines=dict(file.lines),
        nothing=file.nothing,
        situations=dict(file.situations),
        instruments=tuple(Rule(each.use, each.because, When(**dict(each.when))) for each in file.instruments),
        approvers={name: tuple(roles) for name, roles in file.approvers.items()},
        way=Way(**dict(file.way)),
        impact=tuple(file.impact),
        amends=frozenset(file.amends),
        quarterly=Quarterly(
            frozenset(file.quarterly.instruments), file.quarterly.warn_before, file.quarterly.first_month
        ),
    )


def problems(
    document: Document, file: ChangesFile, kinds: Mapping[str, KindEntry], labels: Labels
) -> Iterator[Problem]:
    """Yield what is wrong: names that no other file knows, and instruments that are never chosen."""
    for path, message, hint in (*_of_names(file, kinds, labels), *_of_lines(file), *_of_table(file)):
        yield document.problem(path, message, hint)


def _of_names(file: ChangesFile, kinds: Mapping[str, KindEntry], labels: Labels) -> Iterator[_What]:
    if file.kind not in kinds or kinds[file.kind].repeat != "on-demand":
        yield ("kind",), f"{file.kind} is not a kind with repeat: on-demand", suggestion(file.kind, kinds)
    used: list[tuple[Path, str, str]] = [(("way", name), "change", value) for name, value in file.way]
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
            yield path, f"labels.yml has no label {value} for {purpose}", suggestion(value, known)
    for at, each in enumerate(file.instruments):
        named = each.when.situation
        if named and named not in file.situations:
            yield (
                ("instruments", at, "when", "situation"),
                f"{named} is not one of the situations",
                suggestion(named, file.situations),
            )
        if each.use not in file.approvers:
            hint = "name a role under approvers"
            yield ("instruments", at, "use"), f"nobody may approve {each.use}", hint


def _of_lines(file: ChangesFile) -> Iterator[_What]:
    """Yield lines, and steps of the way, that could not be told apart."""
    for part, named in (("lines", file.lines), ("way", file.way)):
        first: dict[str, str] = {}
        for name, value in named:
            known = first.setdefault(value.casefold(), name)
            if known != name:
                yield (part, name), f"{value} is {known} already", "give each its own"


def _of_table(file: ChangesFile) -> Iterator[_What]:
    last = len(file.instruments) - 1
    for at, each in enumerate(file.instruments):
        is_open = each.when == WhenEntry()
        if is_open and at < last:
            hint = "give it conditions, or move it to the end"
            yield ("instruments", at), "it takes all that is left, so those after it are never chosen", hint
        if at == last and not is_open:
            hint = "add an instrument without when:"
            yield ("instruments", at), "the last instrument has to take what is left", hint

"""What an engagement file has to fit, from the files of ``config/`` that say so.

Most of ``config/`` is about items. An engagement file is bound by the working days, by the questions where scoping
has answered some, and by the kinds where it leaves some out; checking it reads no more than that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Generic, Literal, Protocol

from pydantic import BaseModel, Field, StringConstraints

from psbot.core.workdays import Workdays
from psbot.errors import FileProblems, Problem
from psbot.validation import STRICT, Day, Model, matching, validate
from psbot.yamlfile import Document, load

if TYPE_CHECKING:
    from psbot.core.process import Kind, Process

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
QuestionId = Annotated[
    str, *matching(r"[a-z][a-z0-9_]*", "write a word of a-z, 0-9 and _, such as licence_tier", 60)
]


class Bounds(Protocol):
    """What an engagement file has to fit; the whole process is one."""

    @property
    def company_days(self) -> Workdays:
        """Return the business days of the company."""

    @property
    def hostings(self) -> Mapping[str, str]:
        """Return for which hosting each question is, by its id."""

    @property
    def kinds(self) -> "Mapping[str, Kind]":
        """Return the kinds of items by name."""


class Calendar(BaseModel):
    """``calendar.yml``."""

    model_config = STRICT
    weekdays: Annotated[
        list[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]],
        Field(min_length=1),
    ]
    days_off: list[Day] = []
    horizon_days: Annotated[int, Field(ge=0, le=366)] = 14


class QuestionEntry(BaseModel):
    """A question of the bank."""

    model_config = STRICT
    id: QuestionId
    hosting: Literal["both", "aws", "on-prem"]
    ask: Text
    why: Text
    before_call: bool = False


class QuestionGroupEntry(BaseModel):
    """Questions that belong together."""

    model_config = STRICT
    title: Text
    questions: list[QuestionEntry]


class Questions(BaseModel):
    """``questions.yml``."""

    model_config = STRICT
    groups: list[QuestionGroupEntry]


@dataclass(frozen=True, slots=True)
class ConfigFile(Generic[Model]):
    """A file of ``config/`` whose shape is right."""

    document: Document
    model: Model


def read(file: Path, model: type[Model]) -> ConfigFile[Model]:
    """Read *file* as *model*; raises FileProblems with everything that is wrong in it."""
    document = load(file)
    result = validate(model, document)
    if result.model is None:
        raise FileProblems(result.problems)
    return ConfigFile(document, result.model)


def business_days(calendar: Calendar) -> Workdays:
    """Return the company's business days."""
    return Workdays(frozenset(calendar.days_off), frozenset(map(WEEKDAYS.index, calendar.weekdays)))


def repeated(file: ConfigFile[Questions]) -> Iterator[Problem]:
    """Yield a problem for each question whose id another one has."""
    seen: set[str] = set()
    for at, group in enumerate(file.model.groups):
        for index, question in enumerate(group.questions):
            if question.id in seen:
                path = ("groups", at, "questions", index, "id")
                yield file.document.problem(
                    path, f"the id {question.id} is there twice", "give it one of its own"
                )
            seen.add(question.id)


class ConfigFolder:
    """A folder ``config/`` whose files are read when something asks for what they say, and then once.

    Asking raises FileProblems with everything that is wrong in what had to be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def company_days(self) -> Workdays:
        """Return the business days of the company."""
        return business_days(read(self.folder / "calendar.yml", Calendar).model)

    @cached_property
    def hostings(self) -> Mapping[str, str]:
        """Return for which hosting each question is, by its id."""
        file = read(self.folder / "questions.yml", Questions)
        if problems := list(repeated(file)):
            raise FileProblems(problems)
        return {question.id: question.hosting for group in file.model.groups for question in group.questions}

    @property
    def kinds(self) -> "Mapping[str, Kind]":
        """Return the kinds of items by name; they are checked against labels and phases, so all is read."""
        return self.process.kinds

    @cached_property
    def process(self) -> "Process":
        """Return what all files say."""
        from psbot.process import load_process  # here, because few engagement files leave a kind out

        return load_process(self.folder)

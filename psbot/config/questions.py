"""Reads ``config/questions.yml``: the questions of the intake, by group."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel

from psbot.config.config_file import ConfigFile, ConfigModule, ConfigNames
from psbot.errors import Problem
from psbot.parsing.fields import Text
from psbot.parsing.validation import STRICT, matching

QuestionId = Annotated[
    str, *matching(r"[a-z][a-z0-9_]*", "write a word of a-z, 0-9 and _, such as licence_tier", 60)
]


class QuestionEntry(BaseModel):
    """One question; ``before_call`` marks what the customer answers before the call."""

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


class QuestionsFile(BaseModel):
    """``questions.yml``."""

    model_config = STRICT
    groups: list[QuestionGroupEntry]


def check(file: ConfigFile[QuestionsFile], _others: ConfigNames | None = None) -> Iterator[Problem]:
    """Yield a problem for each question whose id is used before."""
    seen: set[str] = set()
    for at, group in enumerate(file.model.groups):
        for index, question in enumerate(group.questions):
            if question.id in seen:
                path = ("groups", at, "questions", index, "id")
                yield file.document.problem(path, f"duplicate id {question.id}", "choose a unique id")
            seen.add(question.id)


def to_core(file: QuestionsFile) -> Mapping[str, Any]:
    """Return the fields of the process that the file gives."""
    from psbot.core.model.process import (  # here, because `psbot validate` needs neither
        Question,
        QuestionGroup,
    )

    groups = (
        QuestionGroup(group.title, tuple(Question(**dict(each)) for each in group.questions))
        for group in file.groups
    )
    return {"questions": tuple(groups)}


MODULE = ConfigModule("questions", QuestionsFile, check, to_core)

"""Questions."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel

from psbot.config.config_file import ConfigFile
from psbot.errors import Problem
from psbot.parsing.fields import Text
from psbot.parsing.validation import STRICT, matching

QuestionId = Annotated[
    str, *matching(r"[a-z][a-z0-9_]*", "write a word of a-z, 0-9 and _, such as licence_tier", 60)
]


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


class QuestionsFile(BaseModel):
    """``questions.yml``."""

    model_config = STRICT
    groups: list[QuestionGroupEntry]


def check_questions(file: ConfigFile[QuestionsFile]) -> Iterator[Problem]:
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

"""Reads files of ``config/`` as they are needed: ``psbot validate`` needs two of the nine.

An engagement file is bound by the business days, by the questions where it answers some, and by the kinds where it
skips some; checking it reads no more than that.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from psbot.config import questions
from psbot.config.calendar import CalendarFile, business_days
from psbot.config.config_file import load_config_file
from psbot.core.model.calendar import Workdays
from psbot.errors import FileProblems

if TYPE_CHECKING:
    from psbot.core.model.process import Kind, Process


class ConfigFolder:
    """A folder ``config/``; each file is read when something first needs it.

    Every property raises FileProblems with everything that is wrong in the files it reads.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def company_calendar(self) -> Workdays:
        """Return the business days of the company."""
        return business_days(load_config_file(self.folder / "calendar.yml", CalendarFile).model)

    @cached_property
    def question_hostings(self) -> Mapping[str, str]:
        """Return the hosting of each question, by its ID."""
        file = load_config_file(self.folder / "questions.yml", questions.QuestionsFile)
        if problems := list(questions.check(file)):
            raise FileProblems(problems)
        return {question.id: question.hosting for group in file.model.groups for question in group.questions}

    @property
    def kinds(self) -> "Mapping[str, Kind]":
        """Return the kinds of items by name; this reads all files, because kinds refer to labels and phases."""
        return self.process.kinds

    @cached_property
    def process(self) -> "Process":
        """Return what all files describe together."""
        from psbot.config.loader import load_process  # here, because few engagement files leave a kind out

        return load_process(self.folder)

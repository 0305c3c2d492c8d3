"""What an engagement file has to fit, from the files of ``config/`` that say so.

Most of ``config/`` is about items. An engagement file is bound by the working days, by the questions where scoping
has answered some, and by the kinds where it leaves some out; checking it reads no more than that.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from psbot.config.calendar import CalendarFile, business_days
from psbot.config.config_file import load_config_file
from psbot.config.questions import QuestionsFile, check_questions
from psbot.core.model.calendar import Workdays
from psbot.errors import FileProblems

if TYPE_CHECKING:
    from psbot.core.model.process import Kind, Process


class ConfigFolder:
    """A folder ``config/`` whose files are read when something asks for what they say, and then once.

    Asking raises FileProblems with everything that is wrong in what had to be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def company_calendar(self) -> Workdays:
        """Return the business days of the company."""
        return business_days(load_config_file(self.folder / "calendar.yml", CalendarFile).model)

    @cached_property
    def question_hostings(self) -> Mapping[str, str]:
        """Return for which hosting each question is, by its id."""
        file = load_config_file(self.folder / "questions.yml", QuestionsFile)
        if problems := list(check_questions(file)):
            raise FileProblems(problems)
        return {question.id: question.hosting for group in file.model.groups for question in group.questions}

    @property
    def kinds(self) -> "Mapping[str, Kind]":
        """Return the kinds of items by name; they are checked against labels and phases, so all is read."""
        return self.process.kinds

    @cached_property
    def process(self) -> "Process":
        """Return what all files say."""
        from psbot.config.loader import load_process  # here, because few engagement files leave a kind out

        return load_process(self.folder)

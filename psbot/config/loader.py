"""``config/`` → the process as core facts; everything wrong in all its files at once."""

from pathlib import Path

from psbot.config import changes as changesfile
from psbot.config import staleness as stalenessfile
from psbot.config import workflow_checks as workflowtable
from psbot.config.blueprint import Blueprint, _kind, _of_blueprint
from psbot.config.calendar import Calendar, business_days
from psbot.config.changes import ChangesFile
from psbot.config.config_file import ConfigFile, read
from psbot.config.labels import Labels, _catalogue
from psbot.config.limits import Accounts, LimitsFile
from psbot.config.questions import Questions, repeated
from psbot.config.staleness import StalenessFile
from psbot.config.workflow import WorkflowFile, _workflow
from psbot.config.workflow_checks import _of_workflow
from psbot.core.model import process as core
from psbot.errors import FileProblems, Problem
from psbot.parsing.validation import Model


class _Reader:
    """Reads the files of a folder and gathers what is wrong in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []

    def read(self, name: str, model: type[Model]) -> ConfigFile[Model] | None:
        try:
            return read(self.folder / f"{name}.yml", model)
        except FileProblems as error:
            self.problems += error.problems
            return None


def load_process(folder: Path) -> core.Process:
    """Return what the files of *folder* say; raises FileProblems with everything that is wrong in any of them."""
    reader = _Reader(folder)
    accounts = reader.read("accounts", Accounts)
    blueprint = reader.read("blueprint", Blueprint)
    calendar = reader.read("calendar", Calendar)
    changes = reader.read("changes", ChangesFile)
    labels = reader.read("labels", Labels)
    limits = reader.read("limits", LimitsFile)
    questions = reader.read("questions", Questions)
    staleness = reader.read("staleness", StalenessFile)
    workflow = reader.read("workflow", WorkflowFile)
    if not (
        accounts
        and blueprint
        and calendar
        and changes
        and labels
        and limits
        and questions
        and staleness
        and workflow
    ):
        raise FileProblems(reader.problems)
    if problems := [
        *_of_workflow(workflow, labels.model),
        *workflowtable.problems(workflow.document, workflow.model, blueprint.model.kinds, labels.model),
        *_of_blueprint(blueprint, labels.model, workflow.model),
        *stalenessfile.problems(
            staleness.document, staleness.model, workflow.model, blueprint.model.kinds, labels.model
        ),
        *repeated(questions),
        *changesfile.problems(changes.document, changes.model, blueprint.model.kinds, labels.model),
    ]:
        raise FileProblems(problems)
    return core.Process(
        kinds={name: _kind(name, entry) for name, entry in blueprint.model.kinds.items()},
        catalogue=_catalogue(labels.model),
        workflow=_workflow(workflow.model),
        questions=tuple(
            core.QuestionGroup(group.title, tuple(core.Question(**dict(each)) for each in group.questions))
            for group in questions.model.groups
        ),
        limits=core.Limits(**dict(limits.model)),
        horizon_days=calendar.model.horizon_days,
        company_days=business_days(calendar.model),
        machine_accounts=frozenset(accounts.model.machine_accounts),
        colleagues=frozenset(accounts.model.colleagues),
        contact_roles=tuple(blueprint.model.contact_roles),
        staleness=stalenessfile.staleness(staleness.model),
        changes=changesfile.changes(changes.model),
    )

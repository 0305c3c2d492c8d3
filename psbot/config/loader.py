"""``config/`` → the process as core facts; everything wrong in all its files at once."""

from pathlib import Path

from psbot.config import changes as changesfile
from psbot.config import staleness as stalenessfile
from psbot.config import workflow_checks
from psbot.config.blueprint import BlueprintFile, _to_kind, check_blueprint
from psbot.config.calendar import CalendarFile, business_days
from psbot.config.changes import ChangesFile
from psbot.config.config_file import ConfigFile, load_config_file
from psbot.config.labels import LabelsFile
from psbot.config.labels import to_core as to_catalogue
from psbot.config.limits import AccountsFile, LimitsFile
from psbot.config.questions import QuestionsFile, check_questions
from psbot.config.staleness import StalenessFile
from psbot.config.workflow import WorkflowFile
from psbot.config.workflow import to_core as to_workflow
from psbot.config.workflow_checks import check_phases_and_states
from psbot.core.model import process
from psbot.errors import FileProblems, Problem
from psbot.parsing.validation import Model


class _Reader:
    """Reads the files of a folder and gathers what is wrong in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []

    def read(self, name: str, model: type[Model]) -> ConfigFile[Model] | None:
        try:
            return load_config_file(self.folder / f"{name}.yml", model)
        except FileProblems as error:
            self.problems += error.problems
            return None


def load_process(folder: Path) -> process.Process:
    """Return what the files of *folder* say; raises FileProblems with everything that is wrong in any of them."""
    reader = _Reader(folder)
    accounts = reader.read("accounts", AccountsFile)
    blueprint = reader.read("blueprint", BlueprintFile)
    calendar = reader.read("calendar", CalendarFile)
    changes = reader.read("changes", ChangesFile)
    labels = reader.read("labels", LabelsFile)
    limits = reader.read("limits", LimitsFile)
    questions = reader.read("questions", QuestionsFile)
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
        *check_phases_and_states(workflow, labels.model),
        *workflow_checks.check_rules(workflow.document, workflow.model, blueprint.model.kinds, labels.model),
        *check_blueprint(blueprint, labels.model, workflow.model),
        *stalenessfile.check_staleness(
            staleness.document, staleness.model, workflow.model, blueprint.model.kinds, labels.model
        ),
        *check_questions(questions),
        *changesfile.check_changes(changes.document, changes.model, blueprint.model.kinds, labels.model),
    ]:
        raise FileProblems(problems)
    return process.Process(
        kinds={name: _to_kind(name, entry) for name, entry in blueprint.model.kinds.items()},
        catalogue=to_catalogue(labels.model),
        workflow=to_workflow(workflow.model),
        questions=tuple(
            process.QuestionGroup(
                group.title, tuple(process.Question(**dict(each)) for each in group.questions)
            )
            for group in questions.model.groups
        ),
        limits=process.Limits(**dict(limits.model)),
        horizon_days=calendar.model.horizon_days,
        company_calendar=business_days(calendar.model),
        machine_accounts=frozenset(accounts.model.machine_accounts),
        colleagues=frozenset(accounts.model.colleagues),
        contact_roles=tuple(blueprint.model.contact_roles),
        staleness=stalenessfile.to_core(staleness.model),
        changes=changesfile.to_core(changes.model),
    )

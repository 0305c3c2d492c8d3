"""``config/`` → the process as core facts; everything wrong in all its files at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from psbot import changesfile, stalenessfile, workflowtable
from psbot.bounds import Calendar, ConfigFile, Questions, business_days, read, repeated
from psbot.changesfile import ChangesFile
from psbot.configfiles import Accounts, ActsEntry, Blueprint, KindEntry, Labels, LimitsFile
from psbot.core import process as core
from psbot.core.labels import Catalogue, LabelSpec, Scope
from psbot.errors import FileProblems, Problem
from psbot.stalenessfile import StalenessFile
from psbot.validation import Model, suggestion
from psbot.workflowfile import WorkflowFile
from psbot.yamlfile import Document


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


def _of_workflow(file: ConfigFile[WorkflowFile], labels: Labels) -> Iterator[Problem]:
    phases, states = file.model.phases, file.model.states
    yield from _of_values(file.document, labels, "phase", "phases", phases)
    yield from _of_values(file.document, labels, "state", "states", states)
    named = [("quote_phase", file.model.quote_phase, phases), ("won_phase", file.model.won_phase, phases)]
    roles = ("unwanted_state", "open_state", "working_state", "blocked_state", "finished_state")
    named += [(role, getattr(file.model, role), states) for role in roles]
    for field, value, known in named:
        if value not in known:
            yield file.document.problem((field,), f"{value} is not among them", suggestion(value, known))
    for field, used, known in (
        ("final_phases", file.model.final_phases, phases),
        ("closing_phases", file.model.closing_phases, phases),
        ("resting_phases", file.model.resting_phases, phases),
        ("done_states", file.model.done_states, states),
        ("customer_states", file.model.customer_states, states),
        ("wrap_up_phases", file.model.wrap_up_phases, phases),
    ):
        for value in sorted(set(used) - set(known)):
            where = (field, used.index(value))
            yield file.document.problem(where, f"{value} is not among them", suggestion(value, known))


def _of_values(
    document: Document, labels: Labels, purpose: str, field: str, values: list[str]
) -> Iterator[Problem]:
    for index, value in enumerate(values):
        if problem := _unlabelled(labels, purpose, value):
            yield document.problem((field, index), *problem)
        if value in values[:index]:
            yield document.problem((field, index), f"{value} is there twice", "keep one of them")


def _of_blueprint(file: ConfigFile[Blueprint], labels: Labels, workflow: WorkflowFile) -> Iterator[Problem]:
    kinds = file.model.kinds
    epics = [name for name, entry in kinds.items() if entry.place == "group"]
    if [kinds[name].item for name in epics] != [core.EPIC]:
        yield file.document.problem(
            ("kinds",), "exactly one kind is the epic", f"give one place: group, item: {core.EPIC}"
        )
    items: dict[str, str] = {}
    for name, entry in kinds.items():
        first = items.setdefault(entry.item, name)
        if first != name:
            yield file.document.problem(
                ("kinds", name, "item"),
                f"{entry.item} is the item of {first} already",
                "give it a key of its own",
            )
        for path, message, hint in (*_of_kind(name, entry, labels, workflow), *_of_raising(entry, kinds)):
            yield file.document.problem(("kinds", name, *path), message, hint, at_key=not path)


def _of_kind(
    name: str, entry: KindEntry, labels: Labels, workflow: WorkflowFile
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if problem := _unlabelled(labels, "kind", name):
        yield (), *problem
    for purpose, value in entry.seeds.items():
        if problem := _unlabelled(labels, purpose, value):
            yield ("seeds", purpose), *problem
    if entry.phase and entry.phase not in workflow.phases:
        hint = suggestion(entry.phase, workflow.phases)
        yield ("phase",), f"{entry.phase} is not a phase of workflow.yml", hint
    if entry.when_unwanted and entry.when_unwanted not in workflow.states:
        hint = suggestion(entry.when_unwanted, workflow.states)
        yield ("when_unwanted",), f"{entry.when_unwanted} is not a state of workflow.yml", hint
    if entry.due and entry.due.base == "opened_on" and entry.repeat != "on-demand":
        yield ("due",), "opened_on is for kinds with repeat: on-demand", "choose another base date"


def _of_raising(
    entry: KindEntry, kinds: Mapping[str, KindEntry]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield what is wrong with what people raise on demand."""
    if entry.acts and (entry.acts.kind not in kinds or kinds[entry.acts.kind].repeat != "on-demand"):
        message = f"{entry.acts.kind} is not a kind with repeat: on-demand"
        yield ("acts", "as"), message, suggestion(entry.acts.kind, kinds)
    for field in ("lines", "listed"):
        if getattr(entry, field) and entry.repeat != "on-demand":
            yield (field,), f"{field} is for kinds with repeat: on-demand", f"delete {field}"


def _unlabelled(labels: Labels, purpose: str, value: str) -> tuple[str, str] | None:
    if purpose not in labels.scopes:
        return f"labels.yml has no scope for {purpose}", suggestion(purpose, labels.scopes)
    if value not in labels.scopes[purpose].labels:
        known = labels.scopes[purpose].labels
        return (
            f"labels.yml has no label {value} for {purpose}",
            f"add it there, or {suggestion(value, known)}",
        )
    return None


def _kind(name: str, entry: KindEntry) -> core.Kind:
    facts = dict(entry)
    return core.Kind(
        **facts
        | {
            "name": name,
            "place": core.PlaceKind(entry.place),
            "repeat": core.Repeat(entry.repeat),
            "wanted_from": core.Stage(entry.wanted_from),
            "only": entry.only.model_dump(exclude_none=True),
            "carries": core.Carries(**dict(entry.carries)) if entry.carries else None,
            "lines": tuple(entry.lines),
            "acts": _acts(entry.acts) if entry.acts else None,
        }
    )


def _acts(entry: ActsEntry) -> core.Acts:
    return core.Acts(entry.below, entry.kind, **dict(entry.columns))


def _catalogue(labels: Labels) -> Catalogue:
    return Catalogue(
        {
            purpose: Scope(
                scope.name,
                {
                    value: LabelSpec(f"{scope.name}::{value}", label.color or scope.color, label.description)
                    for value, label in scope.labels.items()
                },
            )
            for purpose, scope in labels.scopes.items()
        }
    )


def _workflow(file: WorkflowFile) -> core.Workflow:
    return core.Workflow(
        phases=tuple(file.phases),
        states=tuple(file.states),
        quote_phase=file.quote_phase,
        won_phase=file.won_phase,
        unwanted_state=file.unwanted_state,
        done_states=frozenset(file.done_states),
        final_phases=frozenset(file.final_phases),
        open_state=file.open_state,
        working_state=file.working_state,
        blocked_state=file.blocked_state,
        finished_state=file.finished_state,
        customer_states=frozenset(file.customer_states),
        wrap_up_phases=frozenset(file.wrap_up_phases),
        table=workflowtable.table(file),
    )

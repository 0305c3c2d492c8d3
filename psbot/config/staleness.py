"""The shape of ``config/staleness.yml``, what is wrong in it across files, and its policies as core facts."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from psbot.config.blueprint import KindEntry
from psbot.config.labels import LabelsFile
from psbot.config.workflow import WorkflowFile
from psbot.core.model.staleness_policy import (
    EscalationStep,
    Exemptions,
    Measure,
    Recipient,
    RunLimits,
    StalenessPolicy,
    StalenessSettings,
)
from psbot.errors import Problem
from psbot.parsing.fields import Slug, Text, Username
from psbot.parsing.validation import STRICT, suggest
from psbot.parsing.yaml_document import Document, KeyPath

ATTENTION = "attention"
SEVERITY = "severity"
_MAX_DAYS = 250  # business days, about a year
_MAX_COUNT = 100_000
_OCCURRENCES = ("call", "standup")
_UNUSED_FIELDS = {Measure.SILENCE: ("kinds", "except_kinds", "states", "severities", "in_own_phase")}
_Located = tuple[KeyPath, str, str]

Days = Annotated[int, Field(ge=1, le=_MAX_DAYS)]
Count = Annotated[int, Field(ge=1, le=_MAX_COUNT)]


class PolicyEntry(BaseModel):
    """A policy."""

    model_config = STRICT
    measure: Literal["idle", "waiting", "in-state", "overdue", "missed", "silence"]
    after: Days
    says: Text
    kinds: list[Slug] = []
    except_kinds: list[Slug] = []
    phases: list[Slug] = []
    states: list[Slug] = []
    in_own_phase: bool = False
    severities: list[Slug] = []
    begins: Literal["assignee", "manager", "delivery_lead"] | None = None


class EscalationStepEntry(BaseModel):
    """A rung of the ladder."""

    model_config = STRICT
    tell: Literal["assignee", "manager", "delivery_lead"]
    flag: Slug
    wait: Annotated[int, Field(ge=0, le=_MAX_DAYS)] = 0


class ExemptEntry(BaseModel):
    """What no policy is about."""

    model_config = STRICT
    labels: list[Text] = []
    kinds: list[Slug] = []
    phases: list[Slug] = []


class RunLimitsEntry(BaseModel):
    """What one run may do."""

    model_config = STRICT
    notes: Count = 50
    items: Count = 1000


class StalenessFile(BaseModel):
    """``staleness.yml``."""

    model_config = STRICT
    policies: dict[Slug, PolicyEntry]
    exempt: ExemptEntry = ExemptEntry()
    ladder: Annotated[list[EscalationStepEntry], Field(min_length=1)]
    delivery_lead: Username | None = None
    ceilings: RunLimitsEntry = RunLimitsEntry()


def to_core(file: StalenessFile) -> StalenessSettings:
    """Return what a file says in which nothing is wrong."""
    return StalenessSettings(
        policies={name: _to_policy(name, entry) for name, entry in file.policies.items()},
        escalation=tuple(EscalationStep(Recipient(each.tell), each.flag, each.wait) for each in file.ladder),
        exempt=Exemptions(
            frozenset(file.exempt.labels), frozenset(file.exempt.kinds), frozenset(file.exempt.phases)
        ),
        delivery_lead=file.delivery_lead,
        limits=RunLimits(file.ceilings.notes, file.ceilings.items),
    )


def _to_policy(name: str, entry: PolicyEntry) -> StalenessPolicy:
    return StalenessPolicy(
        name,
        Measure(entry.measure),
        entry.after,
        entry.says,
        frozenset(entry.kinds),
        frozenset(entry.except_kinds),
        frozenset(entry.phases),
        frozenset(entry.states),
        entry.in_own_phase,
        frozenset(entry.severities),
        Recipient(entry.begins) if entry.begins else None,
    )


def check_staleness(
    document: Document,
    file: StalenessFile,
    workflow: WorkflowFile,
    kinds: Mapping[str, KindEntry],
    labels: LabelsFile,
) -> Iterator[Problem]:
    """Yield what is wrong in the file: names that no other file knows, and settings that have no meaning."""
    severities = labels.scopes[SEVERITY].labels if SEVERITY in labels.scopes else {}
    known = {
        "kinds": (kinds, "a kind of blueprint.yml"),
        "except_kinds": (kinds, "a kind of blueprint.yml"),
        "phases": (workflow.phases, "a phase of workflow.yml"),
        "states": (workflow.states, "a state of workflow.yml"),
        "severities": (severities, "a severity of labels.yml"),
    }
    found: list[_Located] = []
    for name, entry in file.policies.items():
        for field, names in known.items():
            found += _unknown_names(("policies", name, field), getattr(entry, field), *names)
        found += _check_measure(("policies", name), entry, workflow, kinds)
    for field in ("kinds", "phases"):
        found += _unknown_names(("exempt", field), getattr(file.exempt, field), *known[field])
    found += _check_escalation(file, labels)
    for path, message, hint in found:
        yield document.problem(path, message, hint)


def _unknown_names(path: KeyPath, names: list[str], known: Collection[str], what: str) -> Iterator[_Located]:
    for at, name in enumerate(names):
        if name not in known:
            yield (*path, at), f"{name} is not {what}", suggest(name, known)


def _check_measure(
    path: KeyPath, entry: PolicyEntry, workflow: WorkflowFile, kinds: Mapping[str, KindEntry]
) -> Iterator[_Located]:
    """Yield where a policy asks for what its measure cannot tell."""
    measure = Measure(entry.measure)
    yield from _check_kinds(path, entry.kinds, measure, kinds)
    if measure is Measure.MISSED and not entry.kinds:
        yield (*path, "measure"), "missed is about kinds that occur again and again", "add kinds:"
    if measure is Measure.WAITING and not workflow.customer_states:
        hint = "add customer_states: to workflow.yml"
        yield (*path, "measure"), "no state says that the customer has the move", hint
    for field in _UNUSED_FIELDS.get(measure, ()):
        if getattr(entry, field):
            yield (*path, field), "silence is about the whole engagement", f"delete {field}"
    if entry.in_own_phase and measure not in (Measure.IDLE, Measure.SILENCE):
        yield (*path, "in_own_phase"), "in_own_phase is for measure: idle", "delete it, or use phases:"


def _check_kinds(
    path: KeyPath, named: list[str], measure: Measure, kinds: Mapping[str, KindEntry]
) -> Iterator[_Located]:
    for at, name in enumerate(named):
        kind = kinds.get(name)
        if kind is not None and kind.place == "group":
            yield (*path, "kinds", at), f"{name} is the epic, which has no state", "use measure: silence"
        elif kind is not None and measure is Measure.MISSED and kind.repeat not in _OCCURRENCES:
            hint = f"name a kind with repeat: {' or '.join(_OCCURRENCES)}"
            yield (*path, "kinds", at), f"{name} does not occur again and again", hint


def _check_escalation(file: StalenessFile, labels: LabelsFile) -> Iterator[_Located]:
    flags = labels.scopes[ATTENTION].labels if ATTENTION in labels.scopes else {}
    for at, rung in enumerate(file.ladder):
        if rung.flag not in flags:
            hint = suggest(rung.flag, flags) or "add the scope attention there"
            yield ("ladder", at, "flag"), f"labels.yml has no label {rung.flag} for {ATTENTION}", hint
        if at == 0 and rung.wait:
            yield ("ladder", at, "wait"), "the first rung waits for nothing", "delete wait"
        if at and not rung.wait:
            yield ("ladder", at), "this rung waits for nothing, so the one before it has no time", "add wait:"

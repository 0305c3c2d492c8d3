"""Reads ``config/staleness.yml``: when items are stale, who is notified, and what one run may write."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from psbot.config.config_file import ConfigFile, ConfigModule, ConfigNames, Located, check_name
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
from psbot.parsing.yaml_document import KeyPath

ATTENTION = "attention"
SEVERITY = "severity"
_MAX_DAYS = 250  # business days, about a year
_MAX_COUNT = 100_000
_RECURRING = ("call", "standup")
_UNUSED_FIELDS = {Measure.SILENCE: ("kinds", "except_kinds", "states", "severities", "in_own_phase")}

Days = Annotated[int, Field(ge=1, le=_MAX_DAYS)]
Count = Annotated[int, Field(ge=1, le=_MAX_COUNT)]


class PolicyEntry(BaseModel):
    """A staleness policy: what is measured, on which items, and from when on it is a finding."""

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
    """A step of the escalation: who is notified, which label is set, and after how many more days."""

    model_config = STRICT
    tell: Literal["assignee", "manager", "delivery_lead"]
    flag: Slug
    wait: Annotated[int, Field(ge=0, le=_MAX_DAYS)] = 0


class ExemptEntry(BaseModel):
    """What no policy applies to."""

    model_config = STRICT
    labels: list[Text] = []
    kinds: list[Slug] = []
    phases: list[Slug] = []


class RunLimitsEntry(BaseModel):
    """What one run may write."""

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


def check(file: ConfigFile[StalenessFile], others: ConfigNames) -> Iterator[Problem]:
    """Yield what is wrong: names that no other file has, and settings that have no effect."""
    staleness = file.model
    found: list[Located] = []
    for name, entry in staleness.policies.items():
        path: KeyPath = ("policies", name)
        found += _check_policy_names(path, entry, others)
        found += _check_kinds(path, entry, others)
        found += _check_measure(path, entry, others)
    found += _check_names(("exempt", "kinds"), staleness.exempt.kinds, others)
    found += _check_names(("exempt", "phases"), staleness.exempt.phases, others)
    found += _check_escalation(staleness, others)
    for where, message, hint in found:
        yield file.document.problem(where, message, hint)


def _check_policy_names(path: KeyPath, entry: PolicyEntry, others: ConfigNames) -> Iterator[Located]:
    for field in ("kinds", "except_kinds", "phases", "states", "severities"):
        yield from _check_names((*path, field), getattr(entry, field), others)


def _check_names(path: KeyPath, names: list[str], others: ConfigNames) -> Iterator[Located]:
    """Yield the *names* that do not exist; the last part of *path* is the key that they stand below."""
    known, what = {
        "kinds": (others.kinds, "a kind of blueprint.yml"),
        "except_kinds": (others.kinds, "a kind of blueprint.yml"),
        "phases": (others.phases, "a phase of workflow.yml"),
        "states": (others.states, "a state of workflow.yml"),
        "severities": (others.labels.get(SEVERITY, ()), "a severity of labels.yml"),
    }[str(path[-1])]
    for at, name in enumerate(names):
        yield from check_name((*path, at), name, known, what)


def _check_kinds(path: KeyPath, entry: PolicyEntry, others: ConfigNames) -> Iterator[Located]:
    """Yield kinds that the policy's measure cannot be applied to."""
    for at, name in enumerate(entry.kinds):
        kind = others.kinds.get(name)
        if kind is None:
            continue
        if kind.place == "group":
            yield (*path, "kinds", at), f"{name} is the epic, which has no state", "use measure: silence"
        elif Measure(entry.measure) is Measure.MISSED and kind.repeat not in _RECURRING:
            hint = f"use a kind with repeat: {' or '.join(_RECURRING)}"
            yield (*path, "kinds", at), f"{name} is not a recurring kind", hint


def _check_measure(path: KeyPath, entry: PolicyEntry, others: ConfigNames) -> Iterator[Located]:
    """Yield settings that the policy's measure does not use, and those it misses."""
    measure = Measure(entry.measure)
    if measure is Measure.MISSED and not entry.kinds:
        yield (*path, "measure"), "missed is only for recurring kinds", "add kinds:"
    if measure is Measure.WAITING and not others.customer_states:
        hint = "add customer_states: to workflow.yml"
        yield (*path, "measure"), "no state means that the customer must act", hint
    for field in _UNUSED_FIELDS.get(measure, ()):
        if getattr(entry, field):
            yield (*path, field), "silence measures the whole engagement", f"delete {field}"
    if entry.in_own_phase and measure not in (Measure.IDLE, Measure.SILENCE):
        hint = "delete it, or use phases:"
        yield (*path, "in_own_phase"), "in_own_phase is only for measure: idle", hint


def _check_escalation(file: StalenessFile, others: ConfigNames) -> Iterator[Located]:
    flags = others.labels.get(ATTENTION, ())
    for at, step in enumerate(file.ladder):
        if step.flag not in flags:
            hint = suggest(step.flag, flags) or f"add the scope {ATTENTION} there"
            yield ("ladder", at, "flag"), f"labels.yml has no label {step.flag} for {ATTENTION}", hint
        if at == 0 and step.wait:
            yield ("ladder", at, "wait"), "the first escalation step cannot wait", "delete wait"
        if at and not step.wait:
            message = "this escalation step does not wait, so the step before it has no effect"
            yield ("ladder", at), message, "add wait:"


def to_core(file: StalenessFile) -> Mapping[str, Any]:
    """Return the fields of the process that the file gives."""
    exempt = file.exempt
    settings = StalenessSettings(
        policies={name: _to_policy(name, entry) for name, entry in file.policies.items()},
        escalation=tuple(EscalationStep(Recipient(each.tell), each.flag, each.wait) for each in file.ladder),
        exempt=Exemptions(frozenset(exempt.labels), frozenset(exempt.kinds), frozenset(exempt.phases)),
        delivery_lead=file.delivery_lead,
        limits=RunLimits(file.ceilings.notes, file.ceilings.items),
    )
    return {"staleness": settings}


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


MODULE = ConfigModule("staleness", StalenessFile, check, to_core)

"""The table of ``workflow.yml`` as core facts, and what is wrong with it across files: each problem with its place."""

from collections.abc import Collection, Iterator, Mapping

from psbot.config.blueprint import KindEntry
from psbot.config.config_file import ConfigFile
from psbot.config.labels import LabelsFile, missing_label
from psbot.config.workflow import ANYWHERE, BACK, TransitionEntry, WorkflowFile, source_phases
from psbot.core.model.workflow import Condition
from psbot.core.workflow.guards import GUARDS, Argument
from psbot.errors import Problem
from psbot.parsing.validation import suggest
from psbot.parsing.yaml_document import Document, KeyPath

_Located = tuple[KeyPath, str, str]
_KEYED_BY_KIND = (("gates",), ("closes",))


def check_rules(
    document: Document, file: WorkflowFile, kinds: Mapping[str, KindEntry], labels: LabelsFile
) -> Iterator[Problem]:
    """Yield what is wrong in the table: names that no other file knows, ways that lead nowhere."""
    known = _GuardNames(file, kinds, labels)
    found = [what for at, entry in enumerate(file.transitions) for what in _check_transition(at, entry, file)]
    found += [
        what
        for at, entry in enumerate(file.transitions)
        for what in known.unknown_in(("transitions", at, "when"), entry.when)
    ]
    for field, entries in (("gates", file.gates), ("closes", file.closes)):
        for kind, conditions in entries.items():
            found += _check_known((field, kind), kind, kinds, "a kind of blueprint.yml")
            found += known.unknown_in((field, kind), conditions)
    for code, alarm in file.alarms.items():
        found += _check_known(("alarms", code, "phase"), alarm.phase, file.phases, "one of the phases")
        found += known.unknown_in(("alarms", code, "when"), alarm.when)
        found += known.unknown_in(("alarms", code, "unless"), alarm.unless)
    found += _check_acceptance(file, labels)
    found += _check_reachability(file) if not found else []
    for path, message, hint in found:
        yield document.problem(path, message, hint, at_key=path[:1] in _KEYED_BY_KIND and path[-1] in kinds)


class _GuardNames:
    """The names that guards may be about."""

    def __init__(self, file: WorkflowFile, kinds: Mapping[str, KindEntry], labels: LabelsFile) -> None:
        self.names: Mapping[Argument, tuple[Collection[str], str]] = {
            Argument.KIND: (kinds, "a kind of blueprint.yml"),
            Argument.PHASE: (file.phases, "one of the phases"),
        }
        self.labels = labels

    def unknown_in(self, path: KeyPath, conditions: list[Condition]) -> Iterator[_Located]:
        for at, condition in enumerate(conditions):
            yield from self._unknown_in_condition((*path, at), condition)

    def _unknown_in_condition(self, path: KeyPath, condition: Condition) -> Iterator[_Located]:
        if condition.any_of:
            for at, part in enumerate(condition.any_of):
                yield from self._unknown_in_condition((*path, "any", at), part)
            return
        path = (*path, condition.guard)
        takes = GUARDS[condition.guard].argument
        if takes in self.names:
            yield from _check_known(path, str(condition.argument), *self.names[takes])
        for purpose, value in condition.labels:
            yield from _check_label((*path, purpose), purpose, value, self.labels)


def _check_label(path: KeyPath, purpose: str, value: str, labels: LabelsFile) -> Iterator[_Located]:
    if purpose not in labels.scopes:
        yield path, f"labels.yml has no scope for {purpose}", suggest(purpose, labels.scopes)
    elif value not in labels.scopes[purpose].labels:
        hint = suggest(value, labels.scopes[purpose].labels)
        yield path, f"labels.yml has no label {value} for {purpose}", hint


def _check_transition(at: int, entry: TransitionEntry, file: WorkflowFile) -> Iterator[_Located]:
    path: KeyPath = ("transitions", at)
    sources = [] if entry.sources == [ANYWHERE] else entry.sources
    for number, source in enumerate(sources):
        place = (*path, "from", number) if len(sources) > 1 else (*path, "from")
        yield from _check_known(place, source, file.phases, "one of the phases")
        if source in file.final_phases:
            yield place, f"{source} is an end", "take it out of final_phases, or delete the transition"
    if entry.to != BACK:
        yield from _check_known((*path, "to"), entry.to, file.phases, "one of the phases")
    if entry.by and (entry.when or entry.or_by):
        yield (*path, "by"), "by is for a transition without guards", "write or_by alone, or delete when"
    if entry.or_by and not entry.when and not entry.by:
        yield (*path, "or_by"), "there are no guards to come before", "write by"
    if not (entry.when or entry.by or entry.or_by):
        yield path, "nothing says when or by whom", "add when: or by:"
    if entry.to == BACK and entry.when:
        yield (*path, "when"), "only people lead back", "write by"


def _check_known(path: KeyPath, name: str, known: Collection[str], what: str) -> Iterator[_Located]:
    if name not in known:
        yield path, f"{name} is not {what}", suggest(name, known)


def _check_acceptance(file: WorkflowFile, labels: LabelsFile) -> Iterator[_Located]:
    entry = file.acceptance
    if entry is None:
        return
    named: dict[str, str] = {}
    for name in ("sent", "received", "passive", "objected"):
        value = getattr(entry, name)
        yield from _check_label(("acceptance", name), "signoff", value, labels)
        if (first := named.setdefault(value, name)) != name:
            yield ("acceptance", name), f"{value} is {first} already", "give it a label of its own"


def _check_reachability(file: WorkflowFile) -> Iterator[_Located]:
    """Yield the phases that are never reached, and those from which no end is reached."""
    ways = _next_phases(file)
    reached = _reachable({file.quote_phase}, ways)
    for source in (
        source for entry in file.transitions if entry.to == BACK for source in source_phases(entry, file)
    ):
        ways[source] |= {phase for phase, targets in ways.items() if source in targets}
    upstream = {to: {phase for phase, targets in ways.items() if to in targets} for to in file.phases}
    ending = _reachable(set(file.final_phases), upstream)
    for at, phase in enumerate(file.phases):
        if phase not in reached:
            hint = "add one, or delete the phase"
            yield ("phases", at), f"no transition leads to {phase} from {file.quote_phase}", hint
        if phase not in ending:
            ends = ", ".join(file.final_phases) or "final_phases, which is empty"
            yield ("phases", at), f"no transition leads from {phase} to an end", f"lead it to {ends}"


def _next_phases(file: WorkflowFile) -> dict[str, set[str]]:
    """Return the phases that each phase leads to in one step; back leads to no phase that was not reached before."""
    ways: dict[str, set[str]] = {phase: set() for phase in file.phases}
    for entry in file.transitions:
        for source in source_phases(entry, file):
            ways[source] |= {entry.to} - {BACK}
    return ways


def _reachable(start: set[str], ways: Mapping[str, set[str]]) -> set[str]:
    reached, waiting = set(start), list(start)
    while waiting:
        new = ways[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached


def check_phases_and_states(file: ConfigFile[WorkflowFile], labels: LabelsFile) -> Iterator[Problem]:
    """Yield each phase or state that is declared twice or has no label."""
    phases, states = file.model.phases, file.model.states
    yield from _check_values(file.document, labels, "phase", "phases", phases)
    yield from _check_values(file.document, labels, "state", "states", states)
    named = [("quote_phase", file.model.quote_phase, phases), ("won_phase", file.model.won_phase, phases)]
    roles = ("unwanted_state", "open_state", "working_state", "blocked_state", "finished_state")
    named += [(role, getattr(file.model, role), states) for role in roles]
    for field, value, known in named:
        if value not in known:
            yield file.document.problem((field,), f"{value} is not among them", suggest(value, known))
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
            yield file.document.problem(where, f"{value} is not among them", suggest(value, known))


def _check_values(
    document: Document, labels: LabelsFile, purpose: str, field: str, values: list[str]
) -> Iterator[Problem]:
    for index, value in enumerate(values):
        if problem := missing_label(labels, purpose, value):
            yield document.problem((field, index), *problem)
        if value in values[:index]:
            yield document.problem((field, index), f"{value} is there twice", "keep one of them")

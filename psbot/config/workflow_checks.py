"""What can be wrong in ``config/workflow.yml`` beyond its shape: unknown names, and phases that cannot be reached."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from psbot.config.config_file import ConfigFile, ConfigNames, Located, check_name
from psbot.config.workflow_schema import ANYWHERE, BACK, TransitionEntry, WorkflowFile, source_phases
from psbot.core.model.workflow import Condition
from psbot.core.workflow.guards import GUARDS, Argument
from psbot.errors import Problem
from psbot.parsing.yaml_document import KeyPath

_A_KIND = "a kind of blueprint.yml"
_A_PHASE = "one of the phases"
_A_STATE = "one of the states"
_KEYED_BY_KIND = (("gates",), ("closes",))
_PHASE_FIELDS = ("quote_phase", "won_phase")
_STATE_FIELDS = ("unwanted_state", "open_state", "working_state", "blocked_state", "finished_state")
_PHASE_LISTS = ("final_phases", "closing_phases", "resting_phases", "wrap_up_phases")
_STATE_LISTS = ("done_states", "customer_states")


def check(file: ConfigFile[WorkflowFile], others: ConfigNames) -> Iterator[Problem]:
    """Yield what is wrong: names that no file has, rules without meaning, phases that lead nowhere."""
    workflow = file.model
    found = [
        *_check_values(workflow, others),
        *_check_fields(workflow),
        *_check_transitions(workflow, others),
        *_check_conditions(workflow, others),
        *_check_acceptance(workflow, others),
    ]
    # Where a name is unknown, what can be reached would only be a guess.
    found += _check_reachability(workflow) if not found else []
    for path, message, hint in found:
        is_kind = path[:1] in _KEYED_BY_KIND and len(path[1:]) == 1
        yield file.document.problem(path, message, hint, at_key=is_kind)


def _check_values(file: WorkflowFile, others: ConfigNames) -> Iterator[Located]:
    """Yield phases and states that are listed twice or have no label."""
    for purpose, field, values in (("phase", "phases", file.phases), ("state", "states", file.states)):
        for index, value in enumerate(values):
            yield from others.check_label((field, index), purpose, value)
            if value in values[:index]:
                yield (field, index), f"duplicate {purpose} {value}", "keep one of them"


def _check_fields(file: WorkflowFile) -> Iterator[Located]:
    """Yield phases and states that other keys of the file name and that do not exist."""
    for fields, lists, known, what in (
        (_PHASE_FIELDS, _PHASE_LISTS, file.phases, _A_PHASE),
        (_STATE_FIELDS, _STATE_LISTS, file.states, _A_STATE),
    ):
        for field in fields:
            yield from check_name((field,), getattr(file, field), known, what)
        for field in lists:
            for index, value in enumerate(getattr(file, field)):
                yield from check_name((field, index), value, known, what)


def _check_transitions(file: WorkflowFile, others: ConfigNames) -> Iterator[Located]:
    for at, entry in enumerate(file.transitions):
        path: KeyPath = ("transitions", at)
        yield from _check_phases_of(path, entry, file)
        yield from _check_who(path, entry)
        yield from _check_guards((*path, "when"), entry.when, file, others)


def _check_phases_of(path: KeyPath, entry: TransitionEntry, file: WorkflowFile) -> Iterator[Located]:
    sources = [] if entry.sources == [ANYWHERE] else entry.sources
    for number, source in enumerate(sources):
        place = (*path, "from", number) if len(sources) > 1 else (*path, "from")
        yield from check_name(place, source, file.phases, _A_PHASE)
        if source in file.final_phases:
            hint = "remove it from final_phases, or delete the transition"
            yield place, f"{source} is a final phase", hint
    if entry.to != BACK:
        yield from check_name((*path, "to"), entry.to, file.phases, _A_PHASE)


def _check_who(path: KeyPath, entry: TransitionEntry) -> Iterator[Located]:
    if entry.by and (entry.when or entry.or_by):
        hint = "use or_by instead, or delete when"
        yield (*path, "by"), "by is only for transitions without guards", hint
    if entry.or_by and not entry.when and not entry.by:
        yield (*path, "or_by"), "or_by is only for transitions with guards", "use by"
    if not (entry.when or entry.by or entry.or_by):
        yield path, "the transition has neither guards nor people", "add when: or by:"
    if entry.to == BACK and entry.when:
        yield (*path, "when"), "a transition back cannot have guards", "use by"


def _check_conditions(file: WorkflowFile, others: ConfigNames) -> Iterator[Located]:
    """Yield what is wrong with gates, with what psbot closes, and with alarms."""
    for field, entries in (("gates", file.gates), ("closes", file.closes)):
        for kind, conditions in entries.items():
            yield from check_name((field, kind), kind, others.kinds, _A_KIND)
            yield from _check_guards((field, kind), conditions, file, others)
    for code, alarm in file.alarms.items():
        yield from check_name(("alarms", code, "phase"), alarm.phase, file.phases, _A_PHASE)
        yield from _check_guards(("alarms", code, "when"), alarm.when, file, others)
        yield from _check_guards(("alarms", code, "unless"), alarm.unless, file, others)


def _check_guards(
    path: KeyPath, conditions: Iterable[Condition], file: WorkflowFile, others: ConfigNames
) -> Iterator[Located]:
    for at, condition in enumerate(conditions):
        yield from _check_guard((*path, at), condition, file, others)


def _check_guard(
    path: KeyPath, condition: Condition, file: WorkflowFile, others: ConfigNames
) -> Iterator[Located]:
    if condition.any_of:
        yield from _check_guards((*path, "any"), condition.any_of, file, others)
        return
    path = (*path, condition.guard)
    argument = GUARDS[condition.guard].argument
    if argument is Argument.KIND:
        yield from check_name(path, str(condition.argument), others.kinds, _A_KIND)
    elif argument is Argument.PHASE:
        yield from check_name(path, str(condition.argument), file.phases, _A_PHASE)
    for purpose, value in condition.labels:
        yield from others.check_label((*path, purpose), purpose, value)


def _check_acceptance(file: WorkflowFile, others: ConfigNames) -> Iterator[Located]:
    entry = file.acceptance
    if entry is None:
        return
    used: dict[str, str] = {}
    for name in ("sent", "received", "passive", "objected"):
        value = getattr(entry, name)
        yield from others.check_label(("acceptance", name), "signoff", value)
        if (first := used.setdefault(value, name)) != name:
            yield ("acceptance", name), f"{value} is already used for {first}", "use a different label"


def _check_reachability(file: WorkflowFile) -> Iterator[Located]:
    """Yield the phases that cannot be reached, and those from which no final phase can be."""
    targets = _next_phases(file)
    reached = _reachable({file.quote_phase}, targets)
    for entry in file.transitions:
        for source in source_phases(entry, file) if entry.to == BACK else ():
            targets[source] |= {phase for phase, after in targets.items() if source in after}
    before = {phase: {source for source, after in targets.items() if phase in after} for phase in targets}
    can_end = _reachable(file.final_phases, before)
    for at, phase in enumerate(file.phases):
        if phase not in reached:
            hint = "add a transition, or delete the phase"
            yield ("phases", at), f"{phase} cannot be reached from {file.quote_phase}", hint
        if phase not in can_end:
            hint = f"add a transition towards {' or '.join(file.final_phases)}"
            hint = hint if file.final_phases else "name one under final_phases:"
            yield ("phases", at), f"{phase} cannot reach a final phase", hint


def _next_phases(file: WorkflowFile) -> dict[str, set[str]]:
    """Return where each phase leads in one step; ``back`` leads only to phases that were reached before."""
    targets: dict[str, set[str]] = {phase: set() for phase in file.phases}
    for entry in file.transitions:
        for source in source_phases(entry, file):
            targets[source] |= {entry.to} - {BACK}
    return targets


def _reachable(start: Collection[str], targets: Mapping[str, set[str]]) -> set[str]:
    reached, waiting = set(start), list(start)
    while waiting:
        new = targets[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached

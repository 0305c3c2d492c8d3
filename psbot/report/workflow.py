"""The workflow for people: its transitions and gates in plain words, and a diagram."""

from collections.abc import Iterable, Iterator

from psbot.core.guards import in_words
from psbot.core.process import Workflow
from psbot.core.table import Condition, Role, Transition

ANY_PHASE = "any phase but an end"
_BEFORE = "the phase before"
_WHO = {Role.MANAGER: "the manager", Role.PEOPLE: "one of the engagement's people"}


def transitions(workflow: Workflow) -> Iterator[tuple[str, str, str]]:
    """Yield (from, to, when) of every transition, in order of priority."""
    for rule in workflow.table.transitions:
        sources = ANY_PHASE if _is_anywhere(rule, workflow) else ", ".join(rule.sources)
        yield sources, rule.to or _BEFORE, _when(rule)


def gates(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Yield (kind, what opens it) of every gate."""
    for kind, conditions in workflow.table.gates.items():
        yield kind, _all(conditions)


def alarms(workflow: Workflow) -> Iterator[tuple[str, str, str]]:
    """Yield (code, when it stands, what excuses it) of every alarm."""
    for alarm in workflow.table.alarms:
        yield alarm.code, f"the phase is {alarm.phase}, and {_all(alarm.when)}", _all(alarm.unless)


def diagram(workflow: Workflow) -> str:
    """Return the phases and the transitions between them as a Mermaid state diagram."""
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in _lines(workflow))]) + "\n"


def _lines(workflow: Workflow) -> Iterator[str]:
    drawn = list(transitions(workflow))
    names = dict.fromkeys([*workflow.phases, *(name for row in drawn for name in row[:2])])
    for name in names:
        if "," not in name:
            yield f'state "{name}" as {_id(name)}'
    for first in dict.fromkeys((workflow.quote_phase, workflow.won_phase)):
        yield f"[*] --> {_id(first)}"
    for sources, to, when in drawn:
        for source in sources.split(", "):
            yield f"{_id(source)} --> {_id(to)}: {when.replace('`', '')}"
    for end in sorted(workflow.final_phases, key=workflow.phases.index):
        yield f"{_id(end)} --> [*]"


def _id(name: str) -> str:
    """Return a name that Mermaid takes for a state; its own words are none."""
    return "phase_" + "".join(char if char.isalnum() else "_" for char in name)


def _is_anywhere(rule: Transition, workflow: Workflow) -> bool:
    every = set(workflow.phases) - workflow.final_phases - {rule.to}
    return len(every) > 1 and set(rule.sources) == every


def _when(rule: Transition) -> str:
    ways = [_all(rule.when)] if rule.when else []
    ways += [f"{_WHO[rule.by]} says so"] if rule.by else []
    return ", or ".join(ways)


def _all(conditions: Iterable[Condition]) -> str:
    return " and ".join(map(in_words, conditions))

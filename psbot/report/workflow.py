"""The workflow for people: its transitions and gates in plain words, and a diagram."""

from collections.abc import Iterable, Iterator

from psbot.core.model.workflow import Condition, Role, Transition, Workflow
from psbot.core.workflow.guards import in_words
from psbot.report.json_text import data_text

SCHEMA = 1

ANY_PHASE = "any phase but an end"
_BEFORE = "the phase before"
_WHO = {Role.MANAGER: "the manager", Role.PEOPLE: "one of the engagement's people"}


def rendered(form: str, workflow: Workflow) -> str:
    """Return the workflow as ``text``, ``json`` or ``markdown``."""
    match form:
        case "json":
            return data_text(_as_data(workflow))
        case "markdown":
            return "\n\n".join(paragraphs(workflow)) + "\n"
        case _:
            from psbot.report.terminal import listed  # here, because rich is slow to import

            return listed(_chapters(workflow)) + f"\n{diagram(workflow)}"


def transitions(workflow: Workflow) -> Iterator[tuple[str, str, str]]:
    """Yield (from, to, when) of every transition, in order of priority."""
    for rule in workflow.table.transitions:
        sources = ANY_PHASE if _is_anywhere(rule, workflow) else ", ".join(rule.sources)
        yield sources, rule.to or _BEFORE, _when(rule)


def gates(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Yield (kind, what opens it) of every gate."""
    for kind, conditions in workflow.table.gates.items():
        yield kind, _all(conditions)


def closes(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Yield (kind, what has to hold so that psbot closes it) of every kind that psbot closes."""
    for kind, conditions in workflow.table.closes.items():
        yield kind, _all(conditions)


def alarms(workflow: Workflow) -> Iterator[tuple[str, str, str]]:
    """Yield (code, when it stands, what excuses it) of every alarm."""
    for alarm in workflow.table.alarms:
        yield alarm.code, f"the phase is {alarm.phase}, and {_all(alarm.when)}", _all(alarm.unless)


def diagram(workflow: Workflow) -> str:
    """Return the phases and the transitions between them as a Mermaid state diagram."""
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in _lines(workflow))]) + "\n"


def paragraphs(workflow: Workflow) -> Iterator[str]:
    """Yield the paragraphs of a page about the workflow, in Markdown."""
    closing, resting = _closing_and_resting(workflow)
    yield "# The workflow"
    yield (
        "It is in `config/workflow.yml`: what moves an engagement from phase to phase, what opens its items, and "
        "what people are told. An item is done when its label or its closing says so and that was one of the people "
        "of the engagement file, or a machine; what others do opens nothing and is reported. A kind that an "
        "engagement does not have, or leaves out, is done."
    )
    yield f"```mermaid\n{diagram(workflow)}```"
    yield "## Phases"
    yield _table(["from", "to", "when"], transitions(workflow))
    yield (
        f"The epic is closed when one of these begins: {closing}. No calls and standups are made in: {resting}. "
        "After an end nothing is made."
    )
    yield "## Gates"
    yield (
        f"An item of these kinds is `{workflow.blocked_state}` first, and `{workflow.open_state}` when its gate opens."
    )
    yield _table(["kind", "opens when"], ((f"`{kind}`", words) for kind, words in gates(workflow)))
    if workflow.table.closes:
        yield "## What psbot closes"
        yield "An item that a person has opened again stays open."
        rows = ((f"`{kind}`", words) for kind, words in closes(workflow))
        yield _table(["kind", "is done when"], rows)
    yield "## What people are told"
    told = ((f"`{code}`", *rest) for code, *rest in alarms(workflow))
    yield _table(["finding", "stands while", "unless"], told)
    if acceptance := _acceptance(workflow):
        yield "## Acceptance"
        yield acceptance


def _closing_and_resting(workflow: Workflow) -> tuple[str, str]:
    table = workflow.table
    both = (table.closing_phases, table.resting_phases)
    closing, resting = (", ".join(f"`{phase}`" for phase in sorted(phases)) for phases in both)
    return closing, resting


def _acceptance(workflow: Workflow) -> str:
    acceptance = workflow.table.acceptance
    if acceptance is None:
        return ""
    return (
        f"The day a sign-off becomes `{acceptance.sent}` is day 1; on a day off, the next business day is. "
        f"At the end of business day {acceptance.passive_after} it is accepted, and becomes "
        f"`{acceptance.passive}` in the first run after that day."
    )


def _table(head: list[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _chapters(workflow: Workflow) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the tables as chapters of rows, each with what it is about in front."""
    yield "transitions", [(f"{sources} → {to}", when) for sources, to, when in transitions(workflow)]
    yield "gates", list(gates(workflow))
    yield "closes", list(closes(workflow))
    yield "findings", [(code, f"{when}; unless {unless}") for code, when, unless in alarms(workflow)]
    if acceptance := _acceptance(workflow):
        yield "acceptance", [("", acceptance)]


def _as_data(workflow: Workflow) -> dict[str, object]:
    names = {
        "transitions": (("from", "to", "when"), transitions(workflow)),
        "gates": (("kind", "opens_when"), gates(workflow)),
        "closes": (("kind", "is_done_when"), closes(workflow)),
        "findings": (("code", "stands_while", "unless"), alarms(workflow)),
    }
    tables: dict[str, object] = {
        name: [dict(zip(heads, row, strict=True)) for row in rows] for name, (heads, rows) in names.items()
    }
    return {"schema": SCHEMA, **tables, "diagram": diagram(workflow)}


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

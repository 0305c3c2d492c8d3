"""Renders the workflow as text, JSON or Markdown: transitions, gates and alarms in plain sentences, and a diagram."""

from collections.abc import Iterable, Iterator

from psbot.core.model.workflow import Condition, Transition, TransitionAuthority, Workflow
from psbot.core.workflow.guards import describe
from psbot.report.forms import render

SCHEMA_VERSION = 1

ANY_PHASE = "any phase except final phases"
_PREVIOUS_PHASE = "the previous phase"
_ROLE_TEXT = {
    TransitionAuthority.MANAGER: "the manager",
    TransitionAuthority.PEOPLE: "anyone listed under `people:`",
}


def render_workflow(form: str, workflow: Workflow) -> str:
    """Return the workflow as ``text``, ``json`` or ``markdown``."""
    return render(
        form,
        text=lambda: _text(workflow),
        json=lambda: _as_data(workflow),
        markdown=lambda: "\n\n".join(page_paragraphs(workflow)) + "\n",
    )


def _text(workflow: Workflow) -> str:
    from psbot.report.terminal import sections_text  # here, because rich is slow to import

    return sections_text(_sections(workflow)) + f"\n{mermaid_diagram(workflow)}"


def transition_rows(workflow: Workflow) -> Iterator[tuple[str, str, str]]:
    """Yield (from, to, when) of every transition, in order of priority."""
    for rule in workflow.rules.transitions:
        sources = ANY_PHASE if _leaves_any_phase(rule, workflow) else ", ".join(rule.sources)
        yield sources, rule.to or _PREVIOUS_PHASE, _condition_text(rule)


def gate_rows(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Yield (kind, what opens it) of every gate."""
    for kind, conditions in workflow.rules.gates.items():
        yield kind, _conditions_text(conditions)


def closing_rows(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Yield (kind, when psbot closes it) of every kind that psbot closes."""
    for kind, conditions in workflow.rules.closes.items():
        yield kind, _conditions_text(conditions)


def alarm_rows(workflow: Workflow) -> Iterator[tuple[str, str, str]]:
    """Yield (code, when it is reported, exceptions) of every alarm."""
    for alarm in workflow.rules.alarms:
        yield (
            alarm.code,
            f"the phase is {alarm.phase}, and {_conditions_text(alarm.when)}",
            _conditions_text(alarm.unless),
        )


def mermaid_diagram(workflow: Workflow) -> str:
    """Return the phases and the transitions between them as a Mermaid state diagram."""
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in _diagram_lines(workflow))]) + "\n"


def page_paragraphs(workflow: Workflow) -> Iterator[str]:
    """Yield the paragraphs of a page about the workflow, in Markdown."""
    closing, resting = _closing_and_resting(workflow)
    yield "# The workflow"
    yield (
        "`config/workflow.yml` defines what moves an engagement from phase to phase, what opens its items, and which "
        "alarms are raised. An item is done when someone listed under `people:` in the engagement file, or a machine "
        "account, sets its label or closes it. Changes by anyone else are ignored and reported. A kind that an "
        "engagement does not have, or skips, counts as done."
    )
    yield f"```mermaid\n{mermaid_diagram(workflow)}```"
    yield "## Phases"
    yield _markdown_table(["from", "to", "when"], transition_rows(workflow))
    yield (
        f"psbot closes the epic when one of these phases begins: {closing}. It creates no calls and standups in: "
        f"{resting}. In a final phase it creates nothing."
    )
    yield "## Gates"
    yield (
        f"An item of these kinds starts as `{workflow.blocked_state}` and becomes `{workflow.open_state}` when its "
        "gate opens."
    )
    yield _markdown_table(
        ["kind", "opens when"], ((f"`{kind}`", condition) for kind, condition in gate_rows(workflow))
    )
    if workflow.rules.closes:
        yield "## What psbot closes"
        yield "An item that a person reopened stays open."
        rows = ((f"`{kind}`", condition) for kind, condition in closing_rows(workflow))
        yield _markdown_table(["kind", "is done when"], rows)
    yield "## Alarms"
    alarms = ((f"`{code}`", *rest) for code, *rest in alarm_rows(workflow))
    yield _markdown_table(["finding", "reported while", "unless"], alarms)
    if acceptance := _acceptance_text(workflow):
        yield "## Acceptance"
        yield acceptance


def _closing_and_resting(workflow: Workflow) -> tuple[str, str]:
    table = workflow.rules
    both = (table.closing_phases, table.resting_phases)
    closing, resting = (", ".join(f"`{phase}`" for phase in sorted(phases)) for phases in both)
    return closing, resting


def _acceptance_text(workflow: Workflow) -> str:
    acceptance = workflow.rules.acceptance
    if acceptance is None:
        return ""
    return (
        f"Day 1 is the day on which a sign-off becomes `{acceptance.sent}`, or the next business day. "
        f"Without an objection by the end of business day {acceptance.passive_after}, the work is deemed accepted: "
        f"the first run after that day sets `{acceptance.passive}`."
    )


def _markdown_table(head: list[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _sections(workflow: Workflow) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the tables as sections of rows, each row with its subject first."""
    yield "transitions", [(f"{sources} → {to}", when) for sources, to, when in transition_rows(workflow)]
    yield "gates", list(gate_rows(workflow))
    yield "closes", list(closing_rows(workflow))
    yield "findings", [(code, f"{when}; unless {unless}") for code, when, unless in alarm_rows(workflow)]
    if acceptance := _acceptance_text(workflow):
        yield "acceptance", [("", acceptance)]


def _as_data(workflow: Workflow) -> dict[str, object]:
    names = {
        "transitions": (("from", "to", "when"), transition_rows(workflow)),
        "gates": (("kind", "opens_when"), gate_rows(workflow)),
        "closes": (("kind", "is_done_when"), closing_rows(workflow)),
        "findings": (("code", "stands_while", "unless"), alarm_rows(workflow)),
    }
    tables: dict[str, object] = {
        name: [dict(zip(heads, row, strict=True)) for row in rows] for name, (heads, rows) in names.items()
    }
    return {"schema": SCHEMA_VERSION, **tables, "diagram": mermaid_diagram(workflow)}


def _diagram_lines(workflow: Workflow) -> Iterator[str]:
    drawn = list(transition_rows(workflow))
    names = dict.fromkeys([*workflow.phases, *(name for row in drawn for name in row[:2])])
    for name in names:
        if "," not in name:
            yield f'state "{name}" as {_state_id(name)}'
    for first in dict.fromkeys((workflow.quote_phase, workflow.won_phase)):
        yield f"[*] --> {_state_id(first)}"
    for sources, to, when in drawn:
        for source in sources.split(", "):
            yield f"{_state_id(source)} --> {_state_id(to)}: {when.replace('`', '')}"
    for end in sorted(workflow.final_phases, key=workflow.phases.index):
        yield f"{_state_id(end)} --> [*]"


def _state_id(name: str) -> str:
    """Return a name that Mermaid takes for a state; never one of Mermaid's keywords."""
    return "phase_" + "".join(char if char.isalnum() else "_" for char in name)


def _leaves_any_phase(rule: Transition, workflow: Workflow) -> bool:
    every = set(workflow.phases) - workflow.final_phases - {rule.to}
    return len(every) > 1 and set(rule.sources) == every


def _condition_text(rule: Transition) -> str:
    causes = [_conditions_text(rule.when)] if rule.when else []
    causes += [f"{_ROLE_TEXT[rule.by]} sets it"] if rule.by else []
    return ", or ".join(causes)


def _conditions_text(conditions: Iterable[Condition]) -> str:
    return " and ".join(map(describe, conditions))

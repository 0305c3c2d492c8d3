"""Reads ``config/workflow.yml``: phases and states, and the rules that move an engagement through them."""

from collections.abc import Mapping
from typing import Any

from psbot.config.config_file import ConfigModule
from psbot.config.workflow_checks import check
from psbot.config.workflow_schema import BACK, TransitionEntry, WorkflowFile, source_phases
from psbot.core.model.workflow import (
    AcceptancePolicy,
    Alarm,
    OnIllegal,
    Transition,
    TransitionAuthority,
    Workflow,
    WorkflowRules,
)


def to_core(file: WorkflowFile) -> Mapping[str, Any]:
    """Return the fields of the process that the file gives."""
    workflow = Workflow(
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
        rules=_to_rules(file),
    )
    return {"workflow": workflow}


def _to_rules(file: WorkflowFile) -> WorkflowRules:
    return WorkflowRules(
        transitions=tuple(_to_transition(entry, file) for entry in file.transitions),
        gates={kind: tuple(conditions) for kind, conditions in file.gates.items()},
        closes={kind: tuple(conditions) for kind, conditions in file.closes.items()},
        alarms=tuple(
            Alarm(code, each.phase, tuple(each.when), tuple(each.unless), each.hint)
            for code, each in file.alarms.items()
        ),
        acceptance=AcceptancePolicy(**file.acceptance.model_dump()) if file.acceptance else None,
        closing_phases=frozenset(file.closing_phases),
        resting_phases=frozenset(file.resting_phases),
        on_illegal=OnIllegal(file.on_illegal),
    )


def _to_transition(entry: TransitionEntry, file: WorkflowFile) -> Transition:
    who = entry.by or entry.or_by
    return Transition(
        tuple(source_phases(entry, file)),
        None if entry.to == BACK else entry.to,
        tuple(entry.when),
        TransitionAuthority(who) if who else None,
    )


MODULE = ConfigModule("workflow", WorkflowFile, check, to_core)

"""What of a plan is done first: what is told comes after what is done, and the end of an engagement after all else."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from psbot.core.model.operations import CreateLabel, Operation, PostNotice, Redescribe
from psbot.core.model.process import EPIC, Process
from psbot.core.records import phase


def next_operations(operations: Sequence[Operation], process: Process) -> tuple[Operation, ...]:
    """Return the *operations* whose turn it is; the others wait until these are done.

    New notices come by themselves, so that whether one stands already is seen right before it is posted. What ends an
    engagement comes last, with what says so elsewhere right before it: a run that finds the end leaves all else as it
    is, and must not find it with work undone.
    """
    last = final_operations(operations, process)
    told = [each for each in operations if isinstance(each, PostNotice) and each.note_gid is None]
    rest = [each for each in operations if each not in last and each not in told]
    return tuple(rest or told or last)


def final_operations(operations: Sequence[Operation], process: Process) -> tuple[Operation, ...]:
    """Return those of *operations* that end an engagement, after what says so elsewhere; none where there is no end."""
    is_end = any(_ends_engagement(each, process) for each in operations)
    saying = _keys_that_describe_end(operations) if is_end else frozenset[str]()
    found = (each for each in operations if _concerns(saying, each))
    return tuple(sorted(found, key=lambda each: _concerns({EPIC}, each)))


def _keys_that_describe_end(operations: Sequence[Operation]) -> frozenset[str]:
    """Return the epic, and the items of which nothing changes but their words."""
    about = [each for each in operations if not isinstance(each, CreateLabel | PostNotice)]
    changed = {each.item.key for each in about if not isinstance(each, Redescribe)}
    return frozenset({EPIC} | {each.item.key for each in about} - changed)


def _ends_engagement(operation: Operation, process: Process) -> bool:
    """Tell whether psbot accepts with *operation* that the engagement has come to a final phase."""
    if not isinstance(operation, Redescribe) or not operation.item.is_epic:
        return False
    item = operation.item
    known = phase.accepted_phase(
        replace(item, description=operation.apply_to(item.description)), process.workflow
    )
    return known is not None and known.phase in process.workflow.final_phases


def _concerns(keys: Collection[str], operation: Operation) -> bool:
    return not isinstance(operation, CreateLabel | PostNotice) and operation.item.key in keys

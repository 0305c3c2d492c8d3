"""The order of writing: changes first, then notices, and the end of an engagement last."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from psbot.core.model.operations import CreateLabel, Operation, PostNotice, Redescribe
from psbot.core.model.process import EPIC, Process
from psbot.core.records import phase


def next_operations(operations: Sequence[Operation], process: Process) -> tuple[Operation, ...]:
    """Return the *operations* to perform next; the others follow when these are done.

    New notices come in a step of their own, so that psbot checks right before posting whether one exists already. The
    operations that end an engagement come last, the texts that mention the end right before the epic: a run that
    finds an ended engagement changes nothing more, so nothing may be left to do.
    """
    last = final_operations(operations, process)
    new_notices = [each for each in operations if isinstance(each, PostNotice) and each.note_gid is None]
    changes = [each for each in operations if each not in last and each not in new_notices]
    return tuple(changes or new_notices or last)


def final_operations(operations: Sequence[Operation], process: Process) -> tuple[Operation, ...]:
    """Return the operations that end an engagement, the epic's last; none if no operation ends it."""
    is_end = any(_ends_engagement(each, process) for each in operations)
    keys = _keys_that_describe_end(operations) if is_end else frozenset[str]()
    final = (each for each in operations if _concerns(keys, each))
    return tuple(sorted(final, key=lambda each: _concerns({EPIC}, each)))


def _keys_that_describe_end(operations: Sequence[Operation]) -> frozenset[str]:
    """Return the keys of the epic and of the items of which only the text changes."""
    item_operations = [each for each in operations if not isinstance(each, CreateLabel | PostNotice)]
    changed = {each.item.key for each in item_operations if not isinstance(each, Redescribe)}
    return frozenset({EPIC} | {each.item.key for each in item_operations} - changed)


def _ends_engagement(operation: Operation, process: Process) -> bool:
    """Tell whether *operation* records that the engagement has reached a final phase."""
    if not isinstance(operation, Redescribe) or not operation.item.is_epic:
        return False
    item = operation.item
    accepted = phase.accepted_phase(
        replace(item, description=operation.apply_to(item.description)), process.workflow
    )
    return accepted is not None and accepted.phase in process.workflow.final_phases


def _concerns(keys: Collection[str], operation: Operation) -> bool:
    return not isinstance(operation, CreateLabel | PostNotice) and operation.item.key in keys

"""Items that exist twice: close those that psbot has created and nobody has edited, report the others."""

from collections.abc import Iterator

from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import HumanActivity, Snapshot
from psbot.core.model.operations import Close
from psbot.core.model.process import Process
from psbot.core.plan.unlisted import obsolete_labels


def close_duplicates(observed: Snapshot, process: Process) -> Iterator[Close | Finding]:
    """Yield what happens to open items whose marker another item carries too."""
    by_key = observed.by_key()
    kept = {(item.namespace, item.iid) for item in by_key.values()}
    for item in (*observed.duplicates, *observed.items):
        if not item.is_open or (item.namespace, item.iid) in kept:
            continue
        first = by_key[item.key]
        if (
            item.is_created_by_machine
            and item.human_activity is HumanActivity.NO
            and item in observed.duplicates
        ):
            reason = f"duplicate of {first.reference}, created by a concurrent run"
            yield Close(item, obsolete_labels(item, process), reason, first)
        else:
            message = (
                f"{item.reference} carries the marker of {item.key}, as does {first.reference}. "
                "Keep one and close the other manually."
            )
            yield Finding("duplicate", Severity.WARNING, message, item.key)

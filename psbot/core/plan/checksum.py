"""Which operations reviewers approve, and the text of each that goes into the plan's checksum."""

import json
from collections.abc import Mapping

from psbot.core.model.operations import (
    CreateChild,
    CreateEpic,
    CreateLabel,
    Operation,
    PostNotice,
    Reassign,
    Redescribe,
    Relabel,
    Reschedule,
    Retitle,
)
from psbot.core.text import marker


def is_reviewed(operation: Operation) -> bool:
    """Tell whether the checksum covers an operation: the file causes it, not the passing of time."""
    if isinstance(operation, CreateLabel | Relabel | Redescribe | PostNotice):
        return False
    return not getattr(operation, "is_occurrence", False)


def review_line(operation: Operation) -> str:
    """Return what reviewers approve of one operation, as text that is the same in every run."""
    return json.dumps(_reviewed_facts(operation), sort_keys=True)


def _reviewed_facts(operation: Operation) -> Mapping[str, object]:
    assert not isinstance(operation, CreateLabel)  # noqa: S101  labels are never reviewed, see is_reviewed
    facts: dict[str, object] = {
        "op": operation.op,
        "item": operation.item.key,
        "namespace": operation.item.namespace,
    }
    match operation:
        case CreateEpic(item=item) | CreateChild(item=item):
            dates = [str(item.start_on), str(item.due_on)]
            text = marker.fingerprint(marker.human_text(item.description))
            facts |= {"title": item.title, "dates": dates, "assignee": item.assignee, "words": text}
        case Retitle(after=after):
            facts["title"] = after
        case Reschedule(start_on=start_on, due_on=due_on):
            facts["dates"] = [str(start_on), str(due_on)]
        case Reassign(after=people):
            facts["assignee"] = sorted(people)
        case _:
            pass
    return facts

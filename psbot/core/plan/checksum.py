"""Checksum."""

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
from psbot.core.text import marker as markers


def is_reviewed(op: Operation) -> bool:
    """Tell whether an operation counts into the checksum: the file asks for it, not the passing of days."""
    if isinstance(op, CreateLabel | Relabel | Redescribe | PostNotice):
        return False
    return not getattr(op, "is_occurrence", False)


def review_line(op: Operation) -> str:
    """Return what reviewers are bound to of one operation, as text that is the same in every run."""
    return json.dumps(_reviewed(op), sort_keys=True)


def _reviewed(op: Operation) -> Mapping[str, object]:
    assert not isinstance(op, CreateLabel)  # noqa: S101  labels are never reviewed, see is_reviewed
    facts: dict[str, object] = {"op": op.op, "item": op.item.key, "namespace": op.item.namespace}
    match op:
        case CreateEpic(item=item) | CreateChild(item=item):
            dates = [str(item.start_on), str(item.due_on)]
            words = markers.fingerprint(markers.words(item.description))
            facts |= {"title": item.title, "dates": dates, "assignee": item.assignee, "words": words}
        case Retitle(after=after):
            facts["title"] = after
        case Reschedule(start_on=start_on, due_on=due_on):
            facts["dates"] = [str(start_on), str(due_on)]
        case Reassign(after=people):
            facts["assignee"] = sorted(people)
        case _:
            pass
    return facts

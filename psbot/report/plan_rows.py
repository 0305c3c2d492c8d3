"""Plans as rows and totals that text, JSON and Markdown are rendered from."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Item
from psbot.core.model.labels import apply_delta
from psbot.core.model.operations import (
    Close,
    CreateChild,
    CreateEpic,
    CreateLabel,
    ItemOperation,
    Operation,
    PostNotice,
    Reassign,
    Redescribe,
    Relabel,
    Reopen,
    Reschedule,
    Retitle,
)
from psbot.core.model.process import Limits
from psbot.core.plan.cost import Cost
from psbot.core.plan.plan import Plan
from psbot.core.text.quantity import quantity

Value = str | bool | list[str] | None
Fields = Mapping[str, tuple[Value, Value]]


@dataclass(frozen=True, slots=True)
class FilePlan:
    """The plan of one engagement file."""

    file: str
    customer: str
    sow: str
    plan: Plan

    @classmethod
    def of(
        cls, file: str, engagement: Engagement, plan: Plan, warnings: Iterable[Finding] = ()
    ) -> "FilePlan":
        """Return *plan* with the *warnings* of the file among its findings."""
        findings = tuple(sorted({*plan.findings, *warnings}, key=str))
        return cls(file, engagement.customer, engagement.sow, replace(plan, findings=findings))

    @property
    def needs_attention(self) -> bool:
        """Tell whether changes are pending or a person should look at a finding."""
        return not self.plan.is_empty or any(
            each.severity is not Severity.INFO for each in self.plan.findings
        )


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation as a row; ``marker`` is the item's key, None for a label."""

    op: str
    marker: str | None
    kind: str | None
    namespace: str
    iid: int | None
    fields: Fields
    reason: str


def operation_row(operation: Operation) -> OperationRow:
    """Return *operation* as a row."""
    if isinstance(operation, CreateLabel):
        title = operation.spec.title
        fields: Fields = {"title": (None, title), "description": (None, operation.spec.description)}
        return OperationRow(operation.op, None, None, operation.namespace, None, fields, operation.reason)
    item = operation.item
    iid = None if isinstance(operation, CreateEpic | CreateChild) else item.iid
    return OperationRow(
        operation.op, item.key, item.kind, item.namespace, iid, _changed_fields(operation), operation.reason
    )


def _changed_fields(operation: ItemOperation) -> Fields:
    item = operation.item
    match operation:
        case CreateEpic() | CreateChild():
            return _created_fields(item)
        case Relabel(delta=delta):
            return {"labels": (sorted(item.labels), sorted(apply_delta(delta, item.labels)))}
        case Reschedule(start_on=start_on, due_on=due_on):
            dates = {
                "start_on": (_iso_day(item.start_on), _iso_day(start_on)),
                "due_on": (_iso_day(item.due_on), _iso_day(due_on)),
            }
            return {name: (before, after) for name, (before, after) in dates.items() if before != after}
        case Reassign(after=people):
            return {"assignee": (item.assignee, ", ".join(sorted(people)) or None)}
        case Close(delta=delta) | Reopen(delta=delta):
            states = ("opened", "closed") if isinstance(operation, Close) else ("closed", "opened")
            return {"state": states, "labels": (sorted(item.labels), sorted(apply_delta(delta, item.labels)))}
    return _text_fields(operation)


def _text_fields(operation: Retitle | Redescribe | PostNotice) -> Fields:
    match operation:
        case Retitle(item=item, after=after):
            return {"title": (item.title, after)}
        case Redescribe(item=item):
            return {"description": (item.description, operation.apply_to(item.description))}
        case PostNotice(body=body):
            return {"description": (None, body)}


def _created_fields(item: Item) -> Fields:
    after: dict[str, Value] = {
        "title": item.title,
        "start_on": _iso_day(item.start_on),
        "due_on": _iso_day(item.due_on),
        "assignee": item.assignee,
        "labels": sorted(item.labels),
        "description": item.description,
        "state": "opened",
        "place": item.namespace,
        "confidential": item.confidential,
    }
    return {name: (None, value) for name, value in after.items() if value is not None}


def _iso_day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def table_cells(each: OperationRow) -> tuple[str, str, str]:
    """Return the cells of an item's row: due date, assignee, and what changes."""
    if each.op.startswith("create"):
        due, assignee, title = (
            each.fields.get(name, (None, None))[1] for name in ("due_on", "assignee", "title")
        )
        return str(due or ""), str(assignee or ""), str(title)
    return "", "", "; ".join([*field_changes(each), each.reason])


def field_changes(each: OperationRow) -> list[str]:
    """Return what changes in an item, field by field, without descriptions; of labels what is added and removed."""
    return [
        _label_changes(before, after)
        if isinstance(before, list) and isinstance(after, list)
        else f"{name} {_value_text(before)} → {_value_text(after)}"
        for name, (before, after) in each.fields.items()
        if name != "description"
    ]


def _label_changes(before: list[str], after: list[str]) -> str:
    gone, come = sorted(set(before) - set(after)), sorted(set(after) - set(before))
    return " ".join([*(f"-{title}" for title in gone), *(f"+{title}" for title in come)])


def _value_text(value: Value) -> str:
    return "nothing" if value is None else str(value)


def total_cost(plans: Sequence[FilePlan], limits: Limits) -> Cost:
    """Return the cost of all plans together."""
    return sum((each.plan.cost(limits) for each in plans), Cost(0, 0, 0))


def cost_text(cost: Cost) -> str:
    """Return what a plan costs: ``12 requests and 1 note``."""
    return f"{quantity(cost.requests, 'request')} and {quantity(cost.notes, 'note')}"


def total_summary(plans: Sequence[FilePlan]) -> dict[str, int]:
    """Count items created, updated and closed over all plans."""
    counts: Counter[str] = Counter({"create": 0, "update": 0, "close": 0})
    for each in plans:
        counts.update(each.plan.summary())
    return dict(counts)

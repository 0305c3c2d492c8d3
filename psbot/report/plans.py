"""Plans as one data set: rows, totals and the JSON object; text and Markdown are renderings of the same rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from psbot.core.engagement import Engagement
from psbot.core.findings import Finding, Severity
from psbot.core.labels import applied
from psbot.core.model import Item
from psbot.core.operations import (
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
from psbot.core.plan import Cost, Plan
from psbot.core.process import Limits
from psbot.report.data import data_text

SCHEMA = 1

Value = str | bool | list[str] | None
Fields = Mapping[str, tuple[Value, Value]]


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one engagement file."""

    file: str
    customer: str
    sow: str
    plan: Plan

    @classmethod
    def of(cls, file: str, engagement: Engagement, plan: Plan, warnings: Iterable[Finding] = ()) -> "Planned":
        """Return *plan* with the *warnings* of the file among its findings."""
        findings = tuple(sorted({*plan.findings, *warnings}, key=str))
        return cls(file, engagement.customer, engagement.sow, replace(plan, findings=findings))

    @property
    def wants_attention(self) -> bool:
        """Tell whether changes are pending or somebody should look at a finding."""
        return not self.plan.is_empty or any(
            each.severity is not Severity.INFO for each in self.plan.findings
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One operation as people and programs read it; ``marker`` is the item's key, None for a label."""

    op: str
    marker: str | None
    kind: str | None
    namespace: str
    iid: int | None
    fields: Fields
    reason: str


def row(operation: Operation) -> Row:
    """Return *operation* as a row."""
    if isinstance(operation, CreateLabel):
        title = operation.spec.title
        fields: Fields = {"title": (None, title), "description": (None, operation.spec.description)}
        return Row(operation.op, None, None, operation.namespace, None, fields, operation.reason)
    item = operation.item
    iid = None if isinstance(operation, CreateEpic | CreateChild) else item.iid
    return Row(operation.op, item.key, item.kind, item.namespace, iid, _fields(operation), operation.reason)


def _fields(operation: ItemOperation) -> Fields:
    item = operation.item
    match operation:
        case CreateEpic() | CreateChild():
            return _created(item)
        case Relabel(delta=delta):
            return {"labels": (sorted(item.labels), sorted(applied(delta, item.labels)))}
        case Reschedule(start_on=start_on, due_on=due_on):
            dates = {
                "start_on": (_day(item.start_on), _day(start_on)),
                "due_on": (_day(item.due_on), _day(due_on)),
            }
            return {name: (before, after) for name, (before, after) in dates.items() if before != after}
        case Reassign(after=people):
            return {"assignee": (item.assignee, ", ".join(sorted(people)) or None)}
        case Close(delta=delta) | Reopen(delta=delta):
            states = ("opened", "closed") if isinstance(operation, Close) else ("closed", "opened")
            return {"state": states, "labels": (sorted(item.labels), sorted(applied(delta, item.labels)))}
    return _of_words(operation)


def _of_words(operation: Retitle | Redescribe | PostNotice) -> Fields:
    match operation:
        case Retitle(item=item, after=after):
            return {"title": (item.title, after)}
        case Redescribe(item=item):
            return {"description": (item.description, operation.of(item.description))}
        case PostNotice(body=body):
            return {"description": (None, body)}


def _created(item: Item) -> Fields:
    after: dict[str, Value] = {
        "title": item.title,
        "start_on": _day(item.start_on),
        "due_on": _day(item.due_on),
        "assignee": item.assignee,
        "labels": sorted(item.labels),
        "description": item.description,
        "state": "opened",
        "place": item.namespace,
        "confidential": item.confidential,
    }
    return {name: (None, value) for name, value in after.items() if value is not None}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def cells(each: Row) -> tuple[str, str, str]:
    """Return what a table shows of an item's row: due day, assignee, and what happens."""
    if each.op.startswith("create"):
        due, assignee, title = (
            each.fields.get(name, (None, None))[1] for name in ("due_on", "assignee", "title")
        )
        return str(due or ""), str(assignee or ""), str(title)
    return "", "", "; ".join([*changes(each), each.reason])


def changes(each: Row) -> list[str]:
    """Return what changes in an item, field by field, descriptions left out; of labels what comes and goes."""
    return [
        _delta(before, after)
        if isinstance(before, list) and isinstance(after, list)
        else f"{name} {_shown(before)} → {_shown(after)}"
        for name, (before, after) in each.fields.items()
        if name != "description"
    ]


def _delta(before: list[str], after: list[str]) -> str:
    gone, come = sorted(set(before) - set(after)), sorted(set(after) - set(before))
    return " ".join([*(f"-{title}" for title in gone), *(f"+{title}" for title in come)])


def _shown(value: Value) -> str:
    return "nothing" if value is None else str(value)


def total_cost(planned: Sequence[Planned], limits: Limits) -> Cost:
    """Return what all plans cost together."""
    return sum((each.plan.cost(limits) for each in planned), Cost(0, 0, 0))


def total_summary(planned: Sequence[Planned]) -> dict[str, int]:
    """Count items created, updated and closed over all plans."""
    counts: Counter[str] = Counter({"create": 0, "update": 0, "close": 0})
    for each in planned:
        counts.update(each.plan.summary())
    return dict(counts)


def rendered(form: str, planned: Sequence[Planned], limits: Limits, now: datetime) -> str:
    """Return *planned* as ``text``, ``json`` or ``markdown``."""
    if form == "json":
        return data_text(as_data(planned, limits, now))
    if form == "markdown":
        from psbot.report import markdown

        return markdown.plans(planned, limits)
    from psbot.report import text  # here, because rich is slow to import and only text needs it

    return text.plans(planned, limits)


def as_data(planned: Sequence[Planned], limits: Limits, now: datetime) -> dict[str, object]:
    """Return the plans as the JSON object whose schema is :data:`PLAN_SCHEMA`."""
    cost = total_cost(planned, limits)
    return {
        "schema": SCHEMA,
        "now": now.isoformat(),
        "engagements": [_engagement(each) for each in planned],
        "cost": {"requests": cost.requests, "notes": cost.notes, "creations": cost.creations},
        "summary": total_summary(planned),
    }


def _engagement(planned: Planned) -> dict[str, object]:
    plan = planned.plan
    rows = sorted(map(row, plan.operations), key=lambda each: (each.marker or "", each.op, str(each.fields)))
    return {
        "engagement": plan.engagement,
        "file": planned.file,
        "checksum": plan.checksum(),
        "operations": [_operation(each) for each in rows],
        "kept": [
            {
                "marker": kept.item,
                "field": kept.field,
                "file": kept.file,
                "gitlab": kept.gitlab,
                "reason": kept.reason,
            }
            for kept in plan.kept
        ],
        "findings": [
            {"code": each.code, "severity": each.severity.value, "message": each.message}
            for each in plan.findings
        ],
        "notifications": plan.notifications(),
    }


def _operation(each: Row) -> dict[str, object]:
    return {
        "op": each.op,
        "marker": each.marker,
        "kind": each.kind,
        "target": {"namespace": each.namespace, "iid": each.iid},
        "fields": {name: {"before": before, "after": after} for name, (before, after) in each.fields.items()},
        "reason": each.reason,
    }


_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_VALUE = {"type": ["string", "boolean", "array", "null"], "items": _TEXT}
_FIELD_NAMES = (
    "title", "start_on", "due_on", "assignee", "labels", "description", "state", "place", "confidential",
)  # fmt: skip
_OPS = (
    "create-label", "create-epic", "create-child", "relabel", "retitle", "reschedule", "reassign", "redescribe",
    "post-notice", "close", "reopen",
)  # fmt: skip


def _object(**properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _array(items: object) -> dict[str, object]:
    return {"type": "array", "items": items}


PLAN_SCHEMA: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "psbot plan",
    **_object(
        schema={"const": SCHEMA},
        now={"type": "string", "format": "date-time"},
        engagements=_array(
            _object(
                engagement=_TEXT,
                file=_TEXT,
                checksum={"type": "string", "pattern": "^[0-9a-f]{16}$"},
                operations=_array(
                    _object(
                        op={"enum": list(_OPS)},
                        marker=_TEXT_OR_NULL,
                        kind=_TEXT_OR_NULL,
                        target=_object(namespace=_TEXT, iid={"type": ["integer", "null"]}),
                        fields={
                            "type": "object",
                            "propertyNames": {"enum": list(_FIELD_NAMES)},
                            "additionalProperties": _object(before=_VALUE, after=_VALUE),
                        },
                        reason=_TEXT,
                    )
                ),
                kept=_array(
                    _object(marker=_TEXT, field=_TEXT, file=_TEXT_OR_NULL, gitlab=_TEXT_OR_NULL, reason=_TEXT)
                ),
                findings=_array(
                    _object(code=_TEXT, severity={"enum": ["info", "warning", "error"]}, message=_TEXT)
                ),
                notifications={"type": "object", "additionalProperties": _COUNT},
            )
        ),
        cost=_object(requests=_COUNT, notes=_COUNT, creations=_COUNT),
        summary=_object(create=_COUNT, update=_COUNT, close=_COUNT),
    ),
}

"""Renders plans as the JSON object that ``psbot schema --plan`` describes."""

from collections.abc import Sequence
from datetime import datetime

from psbot.core.model.process import Limits
from psbot.report.json_text import finding_row
from psbot.report.plan_rows import FilePlan, OperationRow, operation_row, total_cost, total_summary

SCHEMA_VERSION = 1


def as_data(plans: Sequence[FilePlan], limits: Limits, now: datetime) -> dict[str, object]:
    """Return the plans as the JSON object whose schema is :data:`PLAN_SCHEMA`."""
    cost = total_cost(plans, limits)
    return {
        "schema": SCHEMA_VERSION,
        "now": now.isoformat(),
        "engagements": [_plan_data(each) for each in plans],
        "cost": {"requests": cost.requests, "notes": cost.notes, "creations": cost.creations},
        "summary": total_summary(plans),
    }


def _plan_data(planned: FilePlan) -> dict[str, object]:
    plan = planned.plan
    rows = sorted(
        map(operation_row, plan.operations), key=lambda each: (each.marker or "", each.op, str(each.fields))
    )
    return {
        "engagement": plan.engagement,
        "file": planned.file,
        "checksum": plan.checksum(),
        "operations": [_operation_data(each) for each in rows],
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
        "findings": [finding_row(finding) for finding in plan.findings],
        "notifications": plan.notifications(),
    }


def _operation_data(each: OperationRow) -> dict[str, object]:
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
        schema={"const": SCHEMA_VERSION},
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

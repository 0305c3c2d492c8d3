"""Reports as JSON: how data is written, and what all reports have in common."""

import json

from psbot.core.model.finding import Finding
from psbot.core.text.escape import escape_control_characters


def to_json(data: object) -> str:
    """Return *data* as indented JSON without control characters that a terminal would follow."""
    return escape_control_characters(json.dumps(data, indent=2, ensure_ascii=False)) + "\n"


def finding_row(finding: Finding) -> dict[str, object]:
    """Return *finding* as it appears in every report."""
    return {"code": finding.code, "severity": finding.severity.value, "message": finding.message}

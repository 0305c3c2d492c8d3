"""Reports for programs: one JSON object."""

import json

from psbot.core.text.escape import escape_control_characters


def to_json(data: object) -> str:
    """Return *data* as JSON that people can read too; nothing in it drives a terminal."""
    return escape_control_characters(json.dumps(data, indent=2, ensure_ascii=False)) + "\n"

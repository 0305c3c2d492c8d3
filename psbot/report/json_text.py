"""Reports for programs: one JSON object."""

import json

from psbot.core.text.escape import escaped


def data_text(data: object) -> str:
    """Return *data* as JSON that people can read too; nothing in it drives a terminal."""
    return escaped(json.dumps(data, indent=2, ensure_ascii=False)) + "\n"

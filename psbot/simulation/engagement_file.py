"""The engagement file of a simulated life: as it stands, and as an edit makes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psbot.core.model.engagement import Engagement
from psbot.engagements.loader import load_engagement, parse_engagement
from psbot.engagements.policy import Bounds
from psbot.errors import PsbotError
from psbot.parsing.yaml_document import load


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the file holds, as data and as the engagement it describes."""

    data: Mapping[str, Any]
    engagement: Engagement

    def edited(self, changes: Mapping[str, Any], bounds: Bounds) -> "Sheet":
        """Return the file with *changes*: mappings are merged, None takes a key away.

        Raises PsbotError where that makes a file that psbot refuses.
        """
        data = _merged(self.data, changes)
        loaded = parse_engagement(self.engagement.file, json.dumps(data), bounds)
        if loaded.engagement is None:
            shown = json.dumps(changes)
            raise PsbotError(
                f"with {shown} the engagement file is refused: {loaded.error}", "change the script"
            )
        return Sheet(data, loaded.engagement)


def load_sheet(file: Path, bounds: Bounds) -> Sheet:
    """Return the file; raises what is wrong with it."""
    loaded = load_engagement(file, bounds)
    if loaded.engagement is None:
        raise loaded.error or PsbotError(f"{file} holds no engagement", "name an engagement file")
    data = load(file).data
    return Sheet(data if isinstance(data, dict) else {}, loaded.engagement)


def _merged(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(data)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            inner = merged.get(key)
            merged[key] = _merged(inner if isinstance(inner, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged

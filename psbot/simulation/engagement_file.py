"""The engagement file of a simulated life: as it stands, and as an edit makes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psbot.core.model.engagement import Engagement
from psbot.engagements.loader import load_engagement, parse_engagement
from psbot.engagements.policy import FilePolicy
from psbot.errors import PsbotError
from psbot.parsing.yaml_document import load_yaml


@dataclass(frozen=True, slots=True)
class EngagementText:
    """What the file holds, as data and as the engagement it describes."""

    data: Mapping[str, Any]
    engagement: Engagement

    def with_changes(self, changes: Mapping[str, Any], policy: FilePolicy) -> "EngagementText":
        """Return the file with *changes*: mappings are merged, None takes a key away.

        Raises PsbotError where that makes a file that psbot refuses.
        """
        data = _merge(self.data, changes)
        loaded = parse_engagement(self.engagement.file, json.dumps(data), policy)
        if loaded.engagement is None:
            shown = json.dumps(changes)
            raise PsbotError(
                f"with {shown} the engagement file is refused: {loaded.error}", "change the script"
            )
        return EngagementText(data, loaded.engagement)


def load_engagement_text(file: Path, policy: FilePolicy) -> EngagementText:
    """Return the file; raises what is wrong with it."""
    loaded = load_engagement(file, policy)
    if loaded.engagement is None:
        raise loaded.error or PsbotError(f"{file} holds no engagement", "name an engagement file")
    data = load_yaml(file).data
    return EngagementText(data if isinstance(data, dict) else {}, loaded.engagement)


def _merge(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(data)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            inner = merged.get(key)
            merged[key] = _merge(inner if isinstance(inner, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged

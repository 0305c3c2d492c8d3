"""The engagement file during a simulation: its current content, and edits to it."""

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
    """The content of the file: as data, and as the engagement it describes."""

    data: Mapping[str, Any]
    engagement: Engagement

    def with_changes(self, changes: Mapping[str, Any], policy: FilePolicy) -> "EngagementText":
        """Return the file with *changes*: mappings are merged, None removes a key.

        Raises PsbotError if the result is not a valid engagement file.
        """
        data = _merge(self.data, changes)
        loaded = parse_engagement(self.engagement.file, json.dumps(data), policy)
        if loaded.engagement is None:
            message = f"{json.dumps(changes)} makes the engagement file invalid: {loaded.error}"
            raise PsbotError(message, "correct the edit in the script")
        return EngagementText(data, loaded.engagement)


def load_engagement_text(file: Path, policy: FilePolicy) -> EngagementText:
    """Return the content of *file*. Raises PsbotError if it is not valid."""
    loaded = load_engagement(file, policy)
    if loaded.engagement is None:
        raise loaded.error or PsbotError(f"{file} contains no engagement", "specify an engagement file")
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

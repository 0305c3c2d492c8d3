"""An object of GitLab's answers, read strictly: missing or malformed data is an error, never an empty value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from psbot.errors import GitLabError

_MAX_DIGITS = 18  # digits
_GLOBAL_ID = re.compile(r"gid://[A-Za-z0-9_/:-]+/[0-9]{1,18}", re.ASCII)


def malformed(what: str) -> GitLabError:
    """Return the error for an answer that is not as the API defines it."""
    return GitLabError(
        f"GitLab's answer is malformed: {what}", "psbot plans nothing from it; run again, or run psbot doctor"
    )


def is_gid(found: object) -> bool:
    """Tell whether *found* is a global id that ends with a number."""
    return isinstance(found, str) and _GLOBAL_ID.fullmatch(found) is not None


@dataclass(frozen=True, slots=True)
class Node:
    """An object of an answer; ``path`` is its place in the answer, for errors."""

    value: Mapping[str, object]
    path: str

    def node_or_none(self, key: str) -> "Node | None":
        """Return the object under *key*, None for null."""
        found = self._get(key)
        if found is None:
            return None
        if not isinstance(found, dict):
            raise malformed(f"{self.path}.{key} is not an object")
        return Node(found, f"{self.path}.{key}")

    def node(self, key: str) -> "Node":
        """Return the object under *key*."""
        found = self.node_or_none(key)
        if found is None:
            raise malformed(f"{self.path}.{key} is empty")
        return found

    def nodes(self, key: str) -> list["Node"]:
        """Return the list of objects under *key*; null and null entries are errors."""
        found = self._get(key)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise malformed(f"{self.path}.{key} is not a list of objects")
        return [Node(each, f"{self.path}.{key}") for each in found]

    def text(self, key: str) -> str:
        """Return the text under *key*."""
        found = self._get(key)
        if not isinstance(found, str):
            raise malformed(f"{self.path}.{key} is not a string")
        return found

    def text_or_none(self, key: str) -> str | None:
        """Return the text under *key*, None for null."""
        return None if self._get(key) is None else self.text(key)

    def number(self, key: str) -> int:
        """Return the whole number under *key*; GitLab writes some as text."""
        found = self._get(key)
        digits = str(found) if isinstance(found, int | str) and not isinstance(found, bool) else ""
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS):
            raise malformed(f"{self.path}.{key} is not a number")
        return int(digits)

    def gid(self) -> str:
        """Return the global id of the object, which ends with a number."""
        found = self.text("id")
        if not is_gid(found):
            raise malformed(f"{self.path}.id is not a global id")
        return found

    def boolean(self, key: str) -> bool:
        """Return the boolean under *key*."""
        found = self._get(key)
        if not isinstance(found, bool):
            raise malformed(f"{self.path}.{key} is not a boolean")
        return found

    def date_or_none(self, key: str) -> date | None:
        """Return the date under *key*, None for null; GitLab may give a time with it."""
        found = self.text_or_none(key)
        try:
            return date.fromisoformat(found[:10]) if found else None
        except ValueError:
            raise malformed(f"{self.path}.{key} is not a date") from None

    def instant(self, key: str) -> datetime:
        """Return the aware time under *key*."""
        try:
            found = datetime.fromisoformat(self.text(key))
        except ValueError:
            found = datetime.min  # noqa: DTZ901  refused below, like every time without a zone
        if found.tzinfo is None:
            raise malformed(f"{self.path}.{key} is not a time with a time zone")
        return found

    def instant_or_none(self, key: str) -> datetime | None:
        """Return the aware time under *key*, None for null."""
        return None if self._get(key) is None else self.instant(key)

    def next_cursor(self) -> str | None:
        """Return the cursor of the next page of a connection, None at its end."""
        info = self.node("pageInfo")
        return info.text("endCursor") if info.boolean("hasNextPage") else None

    def _get(self, key: str) -> object:
        if key not in self.value:
            raise malformed(f"{self.path}.{key} is missing")
        return self.value[key]

"""The types of work items that psbot creates, and how to recognise them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ItemType:
    """One of GitLab's own types.

    One that is renamed keeps its number (GitLab 19.2, doc/user/work_items/configurable_work_item_types.md).
    """

    name: str
    number: int

    def has_number(self, gid: str) -> bool:
        """Tell whether *gid* ends with the number of this type."""
        return gid.endswith(f"/{self.number}")

    def is_same(self, gid: str, name: str) -> bool:
        """Tell whether a type with that id and name is this one: by its number, or else by its name."""
        return self.has_number(gid) or name == self.name


ISSUE_TYPE = ItemType("Issue", 1)
EPIC_TYPE = ItemType("Epic", 8)

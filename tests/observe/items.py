"""Items of an engagement on a GitLab in memory."""

from psbot.core.model.work_item import Author
from psbot.core.text.marker import Marker
from psbot.observe.observation import Observation
from tests.support.builders import GROUP, INTERNAL, SHARED, engagement
from tests.support.fakes import BOT, FakeGitLab

ENGAGEMENT = engagement()


def marked(item: str, key: str = "acme-sow-142", words: str = "Words.\n") -> str:
    return f"{Marker(key, item)}\n{words}"


def make_epic(gitlab: FakeGitLab, key: str = "acme-sow-142") -> str:
    return gitlab._make(
        BOT,
        GROUP,
        {"title": "Acme", "description": marked("epic", key), "labels": frozenset({"ps-kind::engagement"})},
    )


def make(gitlab: FakeGitLab, item: str, parent: str | None, author: Author = BOT, **fields: object) -> str:
    kind = item.partition("/")[0]
    defaults: dict[str, object] = {
        "title": item,
        "description": marked(item),
        "labels": frozenset({f"ps-kind::{kind}", "ps-state::todo"}),
        "parent": parent,
    }
    return gitlab._make(author, INTERNAL if kind in ("log", "change-request") else SHARED, defaults | fields)


def keys(observation: Observation) -> set[str]:
    return {item.key for item in observation.snapshot.items}

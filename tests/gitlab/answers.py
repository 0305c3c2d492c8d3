"""Answers of GitLab as the adapter gets them."""

import responses

from psbot.gitlab.connection import Connection
from psbot.gitlab.values import ItemUpdate
from psbot.gitlab.writer import GitLabWriter

BASE = "https://gitlab.example/sub"


URL = f"{BASE}/api/graphql"


TOKEN = "glpat-secret-of-this-test"


Answers = responses.RequestsMock


def write(connection: Connection) -> object:
    return GitLabWriter(connection).update_items([ItemUpdate("gid://gitlab/WorkItem/1", title="T")])


def page(*nodes: object, count: int | None = None, after: str | None = None) -> dict[str, object]:
    info = {"hasNextPage": after is not None, "endCursor": after}
    return {"count": len(nodes) if count is None else count, "nodes": list(nodes), "pageInfo": info}

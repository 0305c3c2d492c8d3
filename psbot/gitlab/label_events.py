"""Label events through REST, for items whose system notes about labels psbot cannot read.

The wording of system notes may differ: another version of GitLab, another language. Events have no wording (GitLab,
documentation of resource label events; an epic is named there by an id of its own, not by its number).
"""

from collections.abc import Mapping

from psbot.core.model.history import LabelEvent
from psbot.core.model.work_item import Author, WorkItem
from psbot.errors import GitLabError
from psbot.gitlab.connection import Connection
from psbot.gitlab.decode import parse_username
from psbot.gitlab.node import Node, malformed
from psbot.gitlab.ports import RateLimited
from psbot.gitlab.rest import Rest, url_path

_ADDED, _REMOVED = "add", "remove"


def fetch_label_events(
    connection: Connection,
    item: WorkItem,
    key: str,
    titles: Mapping[str, str],
    authors: Mapping[str, Author],
) -> tuple[LabelEvent, ...] | None:
    """Return the label events of *item*, oldest first; None where GitLab does not show them.

    *titles* are titles by the number of the label, *authors* the known accounts by username.
    """
    rest = Rest(connection)
    try:
        nodes = [
            Node(each, "resource_label_events")
            for each in rest.fetch_all(_events_path(rest, item), sort="asc")
        ]
        events = [_parse_event(node, key, titles, authors) for node in nodes]
    except RateLimited:
        raise
    except GitLabError:
        return None
    return tuple(sorted((each for each in events if each is not None), key=lambda each: each.at))


def _events_path(rest: Rest, item: WorkItem) -> str:
    if not item.is_epic:
        return url_path("projects", item.namespace, "issues", item.iid, "resource_label_events")
    epic = Node(rest.get(url_path("groups", item.namespace, "epics", item.iid)), "epic")
    return url_path("groups", item.namespace, "epics", epic.number("id"), "resource_label_events")


def _parse_event(
    node: Node, key: str, titles: Mapping[str, str], authors: Mapping[str, Author]
) -> LabelEvent | None:
    """Return the event; None where its label has been deleted or is not one of *titles*."""
    label, user = node.node_or_none("label"), node.node_or_none("user")
    title = titles.get(str(label.number("id"))) if label else None
    if title is None:
        return None
    action = node.text("action")
    if action not in (_ADDED, _REMOVED):
        raise malformed(f"a label event has the action {action}")
    author = None
    if user is not None:
        author = authors.get(parse_username(user))
        if author is None:
            raise malformed("the author of a label event has written no note")
    return LabelEvent(key, title, action == _ADDED, author, node.instant("created_at"))

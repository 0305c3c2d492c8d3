"""Pages of a list: ``first``/``after`` and ``last``/``before``, at most 100 nodes, cursors by ID."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

MAX_PAGE_SIZE = 100


@dataclass(slots=True)
class Page:
    """One page of ``all_nodes``; ``key`` returns a node's ID for cursors, ``show`` what a user may see of the page."""

    all_nodes: Sequence[Any]
    start: int
    stop: int
    key: Callable[[Any], object]
    show: Callable[[Sequence[Any]], Sequence[Any]] = list

    @property
    def nodes(self) -> Sequence[Any]:
        """Return the nodes of the page that are shown."""
        return self.show(self.paged_nodes)

    @property
    def paged_nodes(self) -> Sequence[Any]:
        """Return the nodes of the page, also those that are not shown."""
        return self.all_nodes[self.start : self.stop]


def encode_cursor(key: object) -> str:
    """Return an opaque cursor."""
    return base64.b64encode(json.dumps({"id": str(key)}).encode()).decode()


def _find_position(all_nodes: Sequence[Any], key: Callable[[Any], object], text: str) -> int:
    try:
        wanted = json.loads(base64.b64decode(text, validate=True))["id"]
    except (ValueError, KeyError, TypeError):
        raise GraphQLError("Please provide a valid cursor") from None
    for index, node in enumerate(all_nodes):
        if str(key(node)) == wanted:
            return index
    raise _CursorNodeGone(wanted)


class _CursorNodeGone(Exception):
    """The node of a cursor is no longer in the list."""


def paginate(all_nodes: Sequence[Any], key: Callable[[Any], object], arguments: Mapping[str, Any]) -> Page:
    """Return the page of *all_nodes* that the arguments select."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise GraphQLError("Can only provide either `first` or `last`, not both")
    if (first or 0) < 0 or (last or 0) < 0:
        raise GraphQLError("`first` and `last` must not be negative")
    start, stop = 0, len(all_nodes)
    if arguments.get("after"):
        start = _position_after(all_nodes, key, arguments["after"])
    if arguments.get("before"):
        stop = max(start, _position_after(all_nodes, key, arguments["before"]) - 1)
    if last is not None:
        start = max(start, stop - min(last, MAX_PAGE_SIZE))
    else:
        stop = min(stop, start + min(MAX_PAGE_SIZE if first is None else first, MAX_PAGE_SIZE))
    return Page(all_nodes, start, stop, key)


def _position_after(all_nodes: Sequence[Any], key: Callable[[Any], object], text: str) -> int:
    try:
        return _find_position(all_nodes, key, text) + 1
    except _CursorNodeGone as error:
        # Continue after the position the node had; IDs grow with time, in ascending and descending lists.
        return _former_position(all_nodes, key, str(error))


def _former_position(all_nodes: Sequence[Any], key: Callable[[Any], object], wanted: str) -> int:
    ids = [str(key(node)) for node in all_nodes]
    if not wanted.isdigit() or not all(number.isdigit() for number in ids):
        return len(ids)
    grows = not ids or int(ids[0]) <= int(ids[-1])
    return sum((int(number) < int(wanted)) is grows for number in ids)


def _edges(shown_page: Page) -> list[dict[str, Any]]:
    return [{"cursor": encode_cursor(shown_page.key(node)), "node": node} for node in shown_page.nodes]


def _page_info(shown_page: Page) -> dict[str, Any]:
    nodes = shown_page.paged_nodes
    return {
        "hasNextPage": shown_page.stop < len(shown_page.all_nodes),
        "hasPreviousPage": shown_page.start > 0,
        "startCursor": lambda _info: encode_cursor(shown_page.key(nodes[0])) if nodes else None,
        "endCursor": lambda _info: encode_cursor(shown_page.key(nodes[-1])) if nodes else None,
    }


CONNECTION_FIELDS: dict[str, Callable[..., Any]] = {
    "count": lambda shown, _info, limit=None: (
        min(len(shown.all_nodes), limit + 1) if limit else len(shown.all_nodes)
    ),
    "edges": lambda shown, _info: _edges(shown),
    "nodes": lambda shown, _info: shown.nodes,
    "pageInfo": lambda shown, _info: _page_info(shown),
}

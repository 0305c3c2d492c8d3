"""Pages of a list: ``first``/``after`` and ``last``/``before``, at most 100 nodes, cursors by id."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

MAX_PAGE = 100


@dataclass(slots=True)
class Page:
    """One page of *everything*; ``key`` gives a node's identity, ``wrap`` turns it into what is shown."""

    everything: Sequence[Any]
    start: int
    stop: int
    key: Callable[[Any], object]

    @property
    def shown(self) -> Sequence[Any]:
        """Return the nodes of the page."""
        return self.everything[self.start : self.stop]


def cursor(key: object) -> str:
    """Return an opaque cursor."""
    return base64.b64encode(json.dumps({"id": str(key)}).encode()).decode()


def _position(everything: Sequence[Any], key: Callable[[Any], object], text: str) -> int:
    try:
        wanted = json.loads(base64.b64decode(text, validate=True))["id"]
    except (ValueError, KeyError, TypeError):
        raise GraphQLError("Please provide a valid cursor") from None
    for index, node in enumerate(everything):
        if str(key(node)) == wanted:
            return index
    raise _Gone(wanted)


class _Gone(Exception):
    """The node of a cursor has left the list since."""


def page(everything: Sequence[Any], key: Callable[[Any], object], arguments: Mapping[str, Any]) -> Page:
    """Return the page of *everything* that the arguments ask for."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise GraphQLError("Can only provide either `first` or `last`, not both")
    if (first or 0) < 0 or (last or 0) < 0:
        raise GraphQLError("`first` and `last` must not be negative")
    start, stop = 0, len(everything)
    if arguments.get("after"):
        start = _after(everything, key, arguments["after"])
    if arguments.get("before"):
        stop = max(start, _after(everything, key, arguments["before"]) - 1)
    if last is not None:
        start = max(start, stop - min(last, MAX_PAGE))
    else:
        stop = min(stop, start + min(MAX_PAGE if first is None else first, MAX_PAGE))
    return Page(everything, start, stop, key)


def _after(everything: Sequence[Any], key: Callable[[Any], object], text: str) -> int:
    try:
        return _position(everything, key, text) + 1
    except _Gone as gone:
        # The list goes on behind where the node was; ids grow with time, whichever way the list runs.
        return _where_it_was(everything, key, str(gone))


def _where_it_was(everything: Sequence[Any], key: Callable[[Any], object], wanted: str) -> int:
    ids = [str(key(node)) for node in everything]
    if not wanted.isdigit() or not all(number.isdigit() for number in ids):
        return len(ids)
    grows = not ids or int(ids[0]) <= int(ids[-1])
    return sum((int(number) < int(wanted)) is grows for number in ids)


def _edges(shown: Page) -> list[dict[str, Any]]:
    return [{"cursor": cursor(shown.key(node)), "node": node} for node in shown.shown]


def _page_info(shown: Page) -> dict[str, Any]:
    nodes = shown.shown
    return {
        "hasNextPage": shown.stop < len(shown.everything),
        "hasPreviousPage": shown.start > 0,
        "startCursor": lambda _info: cursor(shown.key(nodes[0])) if nodes else None,
        "endCursor": lambda _info: cursor(shown.key(nodes[-1])) if nodes else None,
    }


CONNECTION: dict[str, Callable[..., Any]] = {
    "count": lambda shown, _info, limit=None: (
        min(len(shown.everything), limit + 1) if limit else len(shown.everything)
    ),
    "edges": lambda shown, _info: _edges(shown),
    "nodes": lambda shown, _info: shown.shown,
    "pageInfo": lambda shown, _info: _page_info(shown),
}

"""Sending a query, and reading its pages: what both readers of GitLab share."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from psbot.gitlab.connection import Connection
from psbot.gitlab.node import Node, malformed

_Value = TypeVar("_Value")


def query(
    connection: Connection,
    document: str,
    variables: Mapping[str, object],
    make_smaller: Callable[[], Mapping[str, object]] | None = None,
) -> Node:
    """Return the data of a query; *make_smaller* returns other variables after a timeout of GitLab."""
    return Node(connection.read(document, variables, make_smaller), "data")


def numbered_variables(name: str, values: Sequence[str]) -> dict[str, object]:
    """Return variables ``name0``, ``name1`` … for *values*."""
    return {f"{name}{number}": value for number, value in enumerate(values)}


def chunks(values: tuple[_Value, ...], size: int) -> list[tuple[_Value, ...]]:
    """Return *values* in tuples of at most *size*."""
    return [values[start : start + size] for start in range(0, len(values), size)]


def next_cursor(connection: Node, after: str | None, what: str) -> str | None:
    """Return the next cursor; raises GitLabError for a list that makes no progress and would be read for ever."""
    cursor = connection.next_cursor()
    if cursor is not None and (cursor == after or not connection.nodes("nodes")):
        raise malformed(f"paging through {what} makes no progress")
    return cursor

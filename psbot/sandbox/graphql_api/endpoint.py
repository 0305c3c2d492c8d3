"""POST /api/graphql: one query, or an array of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from psbot.sandbox.graphql_api.complexity import ANONYMOUS_LIMIT, LIMIT, score
from psbot.sandbox.graphql_api.context import Context
from psbot.sandbox.graphql_api.schema import schema
from psbot.sandbox.state.answers import state_after

MAX_CHARACTERS = 10_000

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Checked:
    """A document that was parsed and validated once; *errors* when it is not valid."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()


@lru_cache(maxsize=512)
def _checked(text: str) -> _Checked:
    try:
        document = parse(text)
    except GraphQLError as error:
        return _Checked(None, (error,))
    return _Checked(document, tuple(validate(schema(), document)))


def operation_of(text: str, name: str | None) -> tuple[str, int]:
    """Return the operation's name and the number of mutations in it; for the request log."""
    document = _checked(text).document
    operation = get_operation_ast(document, name) if document else None
    if operation is None:
        return "", 0
    is_mutation = operation.operation is OperationType.MUTATION
    count = len(operation.selection_set.selections) if is_mutation else 0
    return (operation.name.value if operation.name else ""), count


async def run(asked: Context, request: Mapping[str, Any]) -> bytes:
    """Execute one query and return its answer as JSON; every error is inside it, as GitLab's are."""
    text, name = request.get("query"), request.get("operationName")
    variables = request.get("variables") or {}
    if not isinstance(text, str) or not text.strip():
        return _json(_failed("No query string was present"))
    if len(text) > MAX_CHARACTERS:
        return _json(_failed("Query too large"))
    checked = _checked(text)
    if checked.document is None or checked.errors:
        return _json({"errors": [error.formatted for error in checked.errors]})
    operation = get_operation_ast(checked.document, name)
    if operation is None:
        return _json(
            _failed("An operation name is required" if name is None else f'No operation named "{name}"')
        )
    asking = _Operation(checked.document, operation, text, name, variables)
    if operation.operation is OperationType.QUERY:
        return _read(asked, asking)
    return await _write(asked, asking)


@dataclass(frozen=True, slots=True)
class _Operation:
    document: DocumentNode
    operation: OperationDefinitionNode
    text: str
    name: str | None
    variables: Mapping[str, Any]

    def identity(self, asked: Context) -> tuple[object, ...]:
        """Return all that its outcome depends on besides the state: what is asked, by whom, and when."""
        who = (asked.token.value, asked.token.user.username) if asked.token else None
        variables = json.dumps(self.variables, sort_keys=True)
        return *asked.world.circumstances, who, self.text, self.name, variables

    def arguments(self, asked: Context) -> dict[str, Any]:
        """Return what graphql-core needs to execute it."""
        return {
            "context_value": asked,
            "variable_values": dict(self.variables),
            "operation_name": self.name,
        }


def _read(asked: Context, asking: _Operation) -> bytes:
    """Return the answer to a query; one that was asked before of the same state is remembered."""
    world = asked.world
    with world.lock:
        if asked.fault is not None or world.clock.runs:
            return _json(_queried(asked, asking))
        key = (world.state, asking.identity(asked))
        answer = world.answers.get(key)
        if answer is None:
            answer = _json(_queried(asked, asking))
            world.answers.put(key, answer)
        return answer


def _queried(asked: Context, asking: _Operation) -> Answer:
    # Only mutations take their time; that nothing of a query has to be awaited spares a look at every value.
    return _weighed(asked, asking) or _answer(
        execute_sync(schema(), asking.document, **asking.arguments(asked))
    )


async def _write(asked: Context, asking: _Operation) -> bytes:
    """Return the answer to mutations; what they lead to from a known state is a known state again.

    That is so where nothing else can be written meanwhile.
    """
    refusal = _weighed(asked, asking)
    if refusal:
        return _json(refusal)
    world = asked.world
    is_known = asked.fault is None and not asked.work_seconds and not world.clock.runs
    before = state_after(world.state, asking.identity(asked)) if is_known else object()
    with world.lock:
        result = execute(schema(), asking.document, **asking.arguments(asked))
    answer = _answer(await result if isawaitable(result) else result)
    world.changed()
    world.state = before
    return _json(answer)


def _weighed(asked: Context, asking: _Operation) -> Answer | None:
    asked.limit = LIMIT if asked.token else ANONYMOUS_LIMIT
    asked.score = score(schema(), asking.document, asking.operation, asking.variables)
    if asked.score > asked.limit:
        return _failed(
            f"Query has complexity of {asked.score}, which exceeds max complexity of {asked.limit}"
        )
    return None


def _answer(result: ExecutionResult) -> Answer:
    answer: Answer = {}
    if result.data is not None or not result.errors or any(error.path for error in result.errors):
        answer["data"] = result.data
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    return answer


def _json(answer: Answer) -> bytes:
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _failed(message: str) -> Answer:
    return {"errors": [{"message": message}]}

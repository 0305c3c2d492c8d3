"""POST /api/graphql: one query, or an array of them."""

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


async def run(asked: Context, request: Mapping[str, Any]) -> Answer:
    """Execute one query and return its answer; every error is inside it, as GitLab's are."""
    text, name = request.get("query"), request.get("operationName")
    variables = request.get("variables") or {}
    if not isinstance(text, str) or not text.strip():
        return _failed("No query string was present")
    if len(text) > MAX_CHARACTERS:
        return _failed("Query too large")
    checked = _checked(text)
    if checked.document is None or checked.errors:
        return {"errors": [error.formatted for error in checked.errors]}
    operation = get_operation_ast(checked.document, name)
    if operation is None:
        return _failed("An operation name is required" if name is None else f'No operation named "{name}"')
    refusal = _weighed(asked, checked.document, operation, variables)
    if refusal:
        return refusal
    # Only mutations take their time; that nothing of a query has to be awaited spares a look at every value.
    perform = execute_sync if operation.operation is OperationType.QUERY else execute
    with asked.world.lock:
        result = perform(
            schema(),
            checked.document,
            context_value=asked,
            variable_values=dict(variables),
            operation_name=name,
        )
    return _answer(await result if isawaitable(result) else result)


def _weighed(
    asked: Context, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Answer | None:
    asked.limit = LIMIT if asked.token else ANONYMOUS_LIMIT
    asked.score = score(schema(), document, operation, variables)
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


def _failed(message: str) -> Answer:
    return {"errors": [{"message": message}]}

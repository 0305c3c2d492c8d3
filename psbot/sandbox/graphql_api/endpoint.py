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

from psbot.sandbox.graphql_api.complexity import (
    ANONYMOUS_COMPLEXITY_LIMIT,
    COMPLEXITY_LIMIT,
    compute_complexity,
)
from psbot.sandbox.graphql_api.context import RequestContext
from psbot.sandbox.graphql_api.schema import schema

MAX_CHARACTERS = 10_000

ResponseBody = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _ParsedDocument:
    """A document that was parsed and validated once; *errors* when it is not valid."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()


@lru_cache(maxsize=512)
def _parse_document(text: str) -> _ParsedDocument:
    try:
        document = parse(text)
    except GraphQLError as error:
        return _ParsedDocument(None, (error,))
    return _ParsedDocument(document, tuple(validate(schema(), document)))


def name_and_mutation_count(text: str, name: str | None) -> tuple[str, int]:
    """Return the operation's name and the number of mutations in it; for the request log."""
    document = _parse_document(text).document
    operation = get_operation_ast(document, name) if document else None
    if operation is None:
        return "", 0
    is_mutation = operation.operation is OperationType.MUTATION
    count = len(operation.selection_set.selections) if is_mutation else 0
    return (operation.name.value if operation.name else ""), count


async def execute_request(ctx: RequestContext, request: Mapping[str, Any]) -> ResponseBody:
    """Execute one query and return its answer; every error is inside it, as GitLab's are."""
    text, name = request.get("query"), request.get("operationName")
    variables = request.get("variables") or {}
    if not isinstance(text, str) or not text.strip():
        return _error_body("No query string was present")
    if len(text) > MAX_CHARACTERS:
        return _error_body("Query too large")
    checked = _parse_document(text)
    if checked.document is None or checked.errors:
        return {"errors": [error.formatted for error in checked.errors]}
    operation = get_operation_ast(checked.document, name)
    if operation is None:
        return _error_body(
            "An operation name is required" if name is None else f'No operation named "{name}"'
        )
    refusal = _check_complexity(ctx, checked.document, operation, variables)
    if refusal:
        return refusal
    # Only mutations take their time; that nothing of a query has to be awaited spares a look at every value.
    perform = execute_sync if operation.operation is OperationType.QUERY else execute
    with ctx.world.lock:
        result = perform(
            schema(),
            checked.document,
            context_value=ctx,
            variable_values=dict(variables),
            operation_name=name,
        )
    return _response_body(await result if isawaitable(result) else result)


def _check_complexity(
    ctx: RequestContext,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> ResponseBody | None:
    ctx.complexity_limit = COMPLEXITY_LIMIT if ctx.token else ANONYMOUS_COMPLEXITY_LIMIT
    ctx.complexity = compute_complexity(schema(), document, operation, variables)
    if ctx.complexity > ctx.complexity_limit:
        return _error_body(
            f"Query has complexity of {ctx.complexity}, which exceeds max complexity of {ctx.complexity_limit}"
        )
    return None


def _response_body(result: ExecutionResult) -> ResponseBody:
    answer: ResponseBody = {}
    if result.data is not None or not result.errors or any(error.path for error in result.errors):
        answer["data"] = result.data
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    return answer


def _error_body(message: str) -> ResponseBody:
    return {"errors": [{"message": message}]}

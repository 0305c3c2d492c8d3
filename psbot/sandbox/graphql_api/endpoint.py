"""``POST /api/graphql``: one query, or an array of them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLFormattedError,
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
from psbot.sandbox.state.answers import state_after

MAX_CHARACTERS = 10_000

# graphql-core's words for what a schema does not have.
_UNKNOWN_FIELD = re.compile(r"Cannot query field [\"'](\w+)[\"'] on type [\"'](\w+)[\"'].*", re.DOTALL)
_UNKNOWN_ARGUMENT = re.compile(
    r"Unknown argument [\"'](\w+)[\"'] on field [\"'](?:\w+\.)?(\w+)[\"'].*", re.DOTALL
)

ResponseBody = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _ParsedDocument:
    """A document, parsed and validated once; ``errors`` if it is not valid."""

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


def _validation_error(error: GraphQLError) -> GraphQLFormattedError:
    """Return the error of a document that is not valid, in graphql-ruby's words, which are GitLab's."""
    message = _UNKNOWN_FIELD.sub(r"Field '\1' doesn't exist on type '\2'", error.message)
    return {
        **error.formatted,
        "message": _UNKNOWN_ARGUMENT.sub(r"Field '\2' doesn't accept argument '\1'", message),
    }


async def execute_request(ctx: RequestContext, request: Mapping[str, Any]) -> bytes:
    """Execute one query and return the response as JSON; it contains all errors, as in GitLab."""
    text, name = request.get("query"), request.get("operationName")
    variables = request.get("variables") or {}
    if not isinstance(text, str) or not text.strip():
        return _json(_error_body("No query string was present"))
    if len(text) > MAX_CHARACTERS:
        return _json(_error_body("Query too large"))
    parsed = _parse_document(text)
    if parsed.document is None or parsed.errors:
        return _json({"errors": [_validation_error(error) for error in parsed.errors]})
    node = get_operation_ast(parsed.document, name)
    if node is None:
        return _json(
            _error_body("An operation name is required" if name is None else f'No operation named "{name}"')
        )
    operation = _Operation(parsed.document, node, text, name, variables)
    if node.operation is OperationType.QUERY:
        return _read(ctx, operation)
    return await _write(ctx, operation)


@dataclass(frozen=True, slots=True)
class _Operation:
    """The operation of one request."""

    document: DocumentNode
    node: OperationDefinitionNode
    text: str
    name: str | None
    variables: Mapping[str, Any]

    def identity(self, ctx: RequestContext) -> tuple[object, ...]:
        """Return everything the result depends on besides the state: the operation, the user and the time."""
        who = (ctx.token.value, ctx.token.user.username) if ctx.token else None
        variables = json.dumps(self.variables, sort_keys=True)
        return *ctx.world.read_conditions, who, self.text, self.name, variables

    def arguments(self, ctx: RequestContext) -> dict[str, Any]:
        """Return the arguments for graphql-core."""
        return {
            "context_value": ctx,
            "variable_values": dict(self.variables),
            "operation_name": self.name,
        }


def _read(ctx: RequestContext, operation: _Operation) -> bytes:
    """Return the response to a query, from the cache if the state has not changed."""
    world = ctx.world
    with world.lock:
        if ctx.fault is not None or world.clock.runs:
            return _json(_execute_query(ctx, operation))
        key = (world.state, operation.identity(ctx))
        answer = world.answers.get(key)
        if answer is None:
            answer = _json(_execute_query(ctx, operation))
            world.answers.put(key, answer)
        return answer


def _execute_query(ctx: RequestContext, operation: _Operation) -> ResponseBody:
    # Only mutations wait; executing queries synchronously saves a check of every value for awaitables.
    return _check_complexity(ctx, operation) or _response_body(
        execute_sync(schema(), operation.document, **operation.arguments(ctx))
    )


async def _write(ctx: RequestContext, operation: _Operation) -> bytes:
    """Execute mutations; unless something else can write meanwhile, the new state is known if the old one is."""
    refusal = _check_complexity(ctx, operation)
    if refusal:
        return _json(refusal)
    world = ctx.world
    is_known = ctx.fault is None and not ctx.work_seconds and not world.clock.runs
    state = state_after(world.state, operation.identity(ctx)) if is_known else object()
    with world.lock:
        result = execute(schema(), operation.document, **operation.arguments(ctx))
    answer = _response_body(await result if isawaitable(result) else result)
    world.invalidate()
    world.state = state
    return _json(answer)


def _check_complexity(ctx: RequestContext, operation: _Operation) -> ResponseBody | None:
    ctx.complexity_limit = COMPLEXITY_LIMIT if ctx.token else ANONYMOUS_COMPLEXITY_LIMIT
    ctx.complexity = compute_complexity(schema(), operation.document, operation.node, operation.variables)
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


def _json(answer: ResponseBody) -> bytes:
    return json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _error_body(message: str) -> ResponseBody:
    return {"errors": [{"message": message}]}

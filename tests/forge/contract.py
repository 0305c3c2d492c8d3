"""What GitLab publishes about its API, for checks of what psbot sends; outside the repository, may be absent."""

from functools import cache
from pathlib import Path

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    SelectionSetNode,
    build_schema,
    parse,
)
from graphql.language.ast import FragmentDefinitionNode, OperationDefinitionNode

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "gitlab-api"


@cache
def schema() -> GraphQLSchema:
    """Return GitLab's GraphQL schema; skips the test where the file is absent."""
    path = SHARED / "schema_merged.graphql"
    if not path.exists():
        pytest.skip(f"GitLab's GraphQL schema is not at {path}")
    return build_schema(path.read_text(encoding="utf-8"))


def complexity(text: str) -> int:
    """Estimate a query's complexity from above, as GitLab counts it.

    A field costs 1 and what is below it, more with a filter, a sort or a search; a connection costs 1 % more
    for each node of its page (GitLab, app/graphql/types/base_field.rb and resolvers/base_resolver.rb).
    """
    document = parse(text)
    fragments = {
        node.name.value: node.selection_set
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    return int(sum(_cost(node.selection_set, fragments) for node in _operations(document)))


def _operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


def _cost(selection: SelectionSetNode | None, fragments: dict[str, SelectionSetNode]) -> float:
    if selection is None:
        return 0
    cost = 0.0
    for node in selection.selections:
        if isinstance(node, FieldNode):
            cost += _field(node, fragments)
        elif isinstance(node, InlineFragmentNode):
            cost += _cost(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            cost += _cost(fragments[node.name.value], fragments)
    return cost


def _field(node: FieldNode, fragments: dict[str, SelectionSetNode]) -> float:
    arguments = {argument.name.value: argument.value for argument in node.arguments or ()}
    cost = 1 + _cost(node.selection_set, fragments)
    cost += 5 * ("search" in arguments) + 2 * ("labelName" in arguments) + ("sort" in arguments)
    if "first" in arguments:
        first = arguments["first"]
        cost *= 1 + (int(first.value) if isinstance(first, IntValueNode) else 100) / 100
    return cost

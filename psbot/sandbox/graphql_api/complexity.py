"""The complexity of a query, as GitLab counts it.

Every field costs 1 and what is below it. A list with a resolver costs 1 % more for each node that it may return;
``search`` adds 5 and ``sort``, also its default, adds 1 (GitLab, app/graphql/types/base_field.rb and
app/graphql/resolvers/base_resolver.rb). Of fragments on different types of one interface only the most
expensive counts.
"""

from collections.abc import Mapping
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from psbot.sandbox.graphql_api.connections import MAX_PAGE_SIZE

# Fields whose cost differs from the rule (GitLab, app/graphql/types/work_items/widgets/hierarchy_type.rb,
# app/graphql/resolvers/work_items/work_item_discussions_resolver.rb of 19.2 and notes_type.rb).
_CONSTANTS = {"WorkItemWidgetHierarchy.parent": 5}
_GITALY = frozenset({"WorkItemWidgetNotes.discussions"})  # one more for a call to Gitaly
_MULTIPLIERS = {"WorkItemWidgetNotes.discussions": 0.05}  # for each node of the page
_PLAIN = frozenset({"Discussion.notes", "WorkItemWidgetAssignees.assignees"})  # lists without a resolver
_SORTED_BY_DEFAULT = frozenset(
    {
        *(f"{place}.workItems" for place in ("Group", "Project", "Namespace")),
        "WorkItemWidgetNotes.discussions",
    }
)

COMPLEXITY_LIMIT = 250
ANONYMOUS_COMPLEXITY_LIMIT = 200


def compute_complexity(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> int:
    """Return the complexity of *operation*."""
    fragments = {
        one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
    }
    root = cast(GraphQLObjectType, schema.get_root_type(operation.operation))
    return _ComplexityCounter(schema, fragments, variables).count_selection(
        operation.selection_set, root.name
    )


def _has_resolver(returned: object) -> bool:
    return isinstance(returned, GraphQLObjectType) and returned.name.endswith("Connection")


class _ComplexityCounter:
    """Adds up the complexity of one operation."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def count_selection(self, selection_set: SelectionSetNode | None, type_name: str) -> int:
        """Return the complexity of a selection on *type_name*; of an interface's types the most expensive counts."""
        if selection_set is None:
            return 0
        common: list[FieldNode] = []
        special: dict[str, int] = {}
        self._collect(selection_set, type_name, common, special)
        merged: dict[str, tuple[FieldNode, list[SelectionSetNode]]] = {}
        for node in common:
            key = node.alias.value if node.alias else node.name.value
            merged.setdefault(key, (node, []))[1].extend([node.selection_set] if node.selection_set else [])
        own = sum(self._count_field(node, sets, type_name) for node, sets in merged.values())
        return own + max(special.values(), default=0)

    def _collect(
        self,
        selection_set: SelectionSetNode,
        type_name: str,
        common: list[FieldNode],
        special: dict[str, int],
    ) -> None:
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                common.append(node)
                continue
            fragment = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            fragment = cast(FragmentDefinitionNode | InlineFragmentNode, fragment)
            condition = fragment.type_condition
            name = condition.name.value if condition else type_name
            if name == type_name:
                self._collect(fragment.selection_set, type_name, common, special)
            else:
                special[name] = special.get(name, 0) + self.count_selection(fragment.selection_set, name)

    def _count_field(self, node: FieldNode, sets: list[SelectionSetNode], type_name: str) -> int:
        type_ = self._schema.type_map[type_name]
        definition = getattr(type_, "fields", {}).get(node.name.value)
        if definition is None:
            return 1
        returned = get_named_type(definition.type)
        children = sum(self.count_selection(one, returned.name) for one in sets)
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        name = f"{type_name}.{node.name.value}"
        if name in _PLAIN or name in _CONSTANTS or not _has_resolver(returned):
            return _CONSTANTS.get(name, 1) + children
        is_sorted = "sort" in given or name in _SORTED_BY_DEFAULT
        cost = 1 + children + (5 if "search" in given else 0) + (1 if is_sorted else 0) + (name in _GITALY)
        multiplier = 0 if given.keys() & {"iid", "iids"} else _MULTIPLIERS.get(name, 0.01)
        return int(cost * (1 + self._page_size(given) * multiplier))

    def _page_size(self, given: Mapping[str, Any]) -> int:
        sizes = [self._number(given[name]) for name in ("first", "last") if name in given]
        return min([MAX_PAGE_SIZE, *(size for size in sizes if size is not None)])

    def _number(self, node: object) -> int | None:
        if isinstance(node, IntValueNode):
            return int(node.value)
        if isinstance(node, VariableNode):
            value = self._variables.get(node.name.value)
            return value if isinstance(value, int) else None
        return None

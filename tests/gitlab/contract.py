"""What GitLab publishes about its API, for checks of what psbot sends; outside the repository, may be absent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import pytest
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    SelectionSetNode,
    build_schema,
    execute,
    parse,
)
from graphql.language.ast import FragmentDefinitionNode, OperationDefinitionNode

from psbot.gitlab.connection import Connection, Variables
from psbot.gitlab.documents import every_document
from psbot.gitlab.wait_budget import WaitBudget
from tests.support.paths import ROOT

SHARED = ROOT.parent / "shared" / "gitlab-api"
SCHEMA = SHARED / "schema_merged.graphql"


@cache
def schema() -> GraphQLSchema:
    """Return GitLab's GraphQL schema; skips the test where the file is absent."""
    if not SCHEMA.exists():
        pytest.skip(f"GitLab's GraphQL schema is not at {SCHEMA}")
    return build_schema(SCHEMA.read_text(encoding="utf-8"))


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


@dataclass
class Witness:
    """A connection that holds every document sent, and every answer, against GitLab's published schema."""

    connection: Connection

    @property
    def wait_budget(self) -> WaitBudget:
        return self.connection.wait_budget

    def read(
        self, document: str, variables: Variables, make_smaller: Callable[[], Variables] | None = None
    ) -> Mapping[str, object]:
        data = self.connection.read(document, variables, make_smaller)
        check_answer(document, variables, data)
        return data

    def write(self, document: str, variables: Variables) -> Mapping[str, object]:
        answer = self.connection.write(document, variables)
        check_answer(document, variables, answer["data"])
        return answer

    def redact(self, text: str) -> str:
        return self.connection.redact(text)


# Lists do not ask for the type of a widget; each has fields of its own.
WIDGETS = {
    "labels": "WorkItemWidgetLabels",
    "assignees": "WorkItemWidgetAssignees",
    "parent": "WorkItemWidgetHierarchy",
    "dueDate": "WorkItemWidgetStartAndDueDate",
    "totalTimeSpent": "WorkItemWidgetTimeTracking",
    "discussions": "WorkItemWidgetNotes",
}


def check_answer(document: str, variables: Variables, data: object) -> None:
    """Fail for a document that is not listed, and when GitLab's schema, where it is at hand, cannot give *data*."""
    assert _kind(document) in set(map(_kind, every_document())), (
        "docs/endpoints.md is written from every_document()"
    )
    if not SCHEMA.exists():
        return
    found = execute(
        schema(),
        parse(document),
        root_value=data,
        variable_values=dict(variables),
        field_resolver=_as_answered,
        type_resolver=_type_name,
    )
    assert isinstance(found, ExecutionResult)
    assert not found.errors, found.errors
    assert found.data == data, "more was answered than was asked for"


def _kind(document: str) -> str:
    return document.partition("(")[0]


def _as_answered(
    source: Mapping[str, object], info: GraphQLResolveInfo[object], **_arguments: object
) -> object:
    return source[str(info.path.key)]


def _type_name(
    value: Mapping[str, object], _info: GraphQLResolveInfo[object], type_: GraphQLAbstractType
) -> str:
    """Return the type behind an interface; of members nothing is asked that their two types do not share."""
    if type_.name == "MemberInterface":
        return "ProjectMember"
    assert type_.name == "WorkItemWidget", f"{type_.name}: say here which type answers for it"
    if "type" in value:
        return "WorkItemWidget" + "".join(map(str.capitalize, str(value["type"]).split("_")))
    return next(name for field, name in WIDGETS.items() if field in value)

"""The sandbox's schema is a part of GitLab's, and every document of psbot is valid in it."""

from functools import cache

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_operation_ast,
    is_introspection_type,
    is_specified_scalar_type,
    parse,
    validate,
    validate_schema,
)

from psbot.gitlab.documents import every_document
from psbot.sandbox.graphql_api.complexity import COMPLEXITY_LIMIT, compute_complexity
from psbot.sandbox.graphql_api.schema import schema, sdl
from tests.support.paths import ROOT

CONTRACT = ROOT.parent / "shared" / "gitlab-api" / "schema_merged.graphql"


@cache
def gitlab() -> GraphQLSchema:
    if not CONTRACT.exists():
        pytest.skip("GitLab's schema is not at hand")
    return build_schema(CONTRACT.read_text(encoding="utf-8"), assume_valid=True)


def own_types() -> list[GraphQLNamedType]:
    types = build_schema(sdl()).type_map.values()
    return [one for one in types if not is_introspection_type(one) and not is_specified_scalar_type(one)]


def test_schema_is_valid() -> None:
    assert validate_schema(build_schema(sdl())) == []


def differences(ours: GraphQLNamedType, theirs: GraphQLNamedType | None) -> list[str]:
    if type(ours) is not type(theirs):
        return [f"{ours.name} is no {type(ours).__name__} there"]
    if isinstance(ours, GraphQLEnumType) and isinstance(theirs, GraphQLEnumType):
        return [f"{ours.name}.{value}" for value in ours.values if value not in theirs.values]
    if isinstance(ours, GraphQLInputObjectType) and isinstance(theirs, GraphQLInputObjectType):
        return [
            f"{ours.name}.{name}"
            for name, field in ours.fields.items()
            if name not in theirs.fields or str(theirs.fields[name].type) != str(field.type)
        ]
    if isinstance(ours, (GraphQLObjectType, GraphQLInterfaceType)):
        assert isinstance(theirs, (GraphQLObjectType, GraphQLInterfaceType))
        return fields_that_differ(ours, theirs)
    return []


def fields_that_differ(
    ours: GraphQLObjectType | GraphQLInterfaceType, theirs: GraphQLObjectType | GraphQLInterfaceType
) -> list[str]:
    found = [
        f"{ours.name} implements {one}"
        for one in ours.interfaces
        if str(one) not in map(str, theirs.interfaces)
    ]
    for name, field in ours.fields.items():
        other = theirs.fields.get(name)
        if other is None or str(other.type) != str(field.type):
            found.append(f"{ours.name}.{name}")
            continue
        found += [
            f"{ours.name}.{name}({argument})"
            for argument, definition in field.args.items()
            if argument not in other.args or str(other.args[argument].type) != str(definition.type)
        ]
    return found


def test_every_type_field_and_argument_exists_in_gitlab() -> None:
    theirs = gitlab().type_map
    assert [text for ours in own_types() for text in differences(ours, theirs.get(ours.name))] == []


def test_no_required_input_of_gitlab_is_missing() -> None:
    missing = []
    for ours in own_types():
        theirs = gitlab().type_map[ours.name]
        if isinstance(ours, GraphQLInputObjectType) and isinstance(theirs, GraphQLInputObjectType):
            required = [name for name, field in theirs.fields.items() if str(field.type).endswith("!")]
            missing += [f"{ours.name}.{name}" for name in required if name not in ours.fields]
    assert missing == []


def test_every_document_of_psbot_is_valid() -> None:
    errors = [error.message for text in every_document() for error in validate(schema(), parse(text))]
    assert errors == []


def test_every_document_of_psbot_stays_within_the_complexity_limit() -> None:
    documents = [parse(text) for text in every_document()]
    operations = [(one, operation) for one in documents if (operation := get_operation_ast(one))]
    scores = [compute_complexity(schema(), one, operation, {"page": 100}) for one, operation in operations]
    assert len(scores) == len(documents)
    assert max(scores) <= COMPLEXITY_LIMIT


def _complexity(text: str) -> int:
    document = parse(text)
    operation = get_operation_ast(document)
    assert operation
    return compute_complexity(schema(), document, operation, {"page": 100})


def _notes(fields: str) -> str:
    return (
        'query { group(fullPath: "a") { workItems(first: 20) { nodes { widgets(onlyTypes: [NOTES]) {'
        f" ... on WorkItemWidgetNotes {{ {fields} }} }} }} }} }} }}"
    )


def test_page_of_discussions_costs_five_percent_for_each_and_a_call_to_gitaly() -> None:
    one, hundred = (
        _complexity(_notes(f"discussions(first: {size}) {{ nodes {{ id }} }}")) for size in (1, 100)
    )
    # The list of items: (1 + 1 for its default sort + nodes + widgets + what is below) * 1.2, and 1 for the group.
    assert one == 1 + int((4 + int((1 + 1 + 1 + 2) * 1.05)) * 1.2)
    assert hundred == 1 + int((4 + (1 + 1 + 1 + 2) * 6) * 1.2)


def test_lists_without_a_resolver_cost_no_more_for_a_long_page() -> None:
    short, long = (
        _complexity(_notes(f"discussions(first: 1) {{ nodes {{ notes(first: {n}) {{ nodes {{ id }} }} }} }}"))
        for n in (1, 100)
    )
    assert short == long


def test_parent_of_an_item_costs_five() -> None:
    text = (
        "query($id: WorkItemID!) { workItem(id: $id) { widgets { ... on WorkItemWidgetHierarchy { %s } } } }"
    )
    assert _complexity(text % "parent { id }") - _complexity(text % "hasParent") == 5 + 1 - 1

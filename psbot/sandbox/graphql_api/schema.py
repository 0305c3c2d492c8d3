"""The schema: built once from the SDL, with the scalars and the resolvers in place."""

from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    StringValueNode,
    ValueNode,
    build_schema,
)

from psbot.sandbox import global_ids
from psbot.sandbox.graphql_api import mutations, reading, roots, widgets
from psbot.sandbox.graphql_api.context import Resolver


def sdl() -> str:
    """Return the text of the schema."""
    return resources.files("psbot.sandbox").joinpath("schema.graphql").read_text(encoding="utf-8")


@cache
def schema() -> GraphQLSchema:
    """Return the executable schema."""
    built = build_schema(sdl(), assume_valid=True)
    for scalar in global_ids.MODELS:
        _take_global_ids(built, scalar)
    _take_times(built)
    for fields in (roots.FIELDS, reading.FIELDS, widgets.FIELDS, mutations.FIELDS):
        for name, resolvers in fields.items():
            _attach(built, name, resolvers)
    built.type_map["WorkItemWidget"].resolve_type = widgets.type_of  # type: ignore[attr-defined]
    built.type_map["WorkItemWidgetDefinition"].resolve_type = widgets.definition_type_of  # type: ignore[attr-defined]
    built.type_map["MemberInterface"].resolve_type = reading.member_type_of  # type: ignore[attr-defined]
    return built


def _attach(built: GraphQLSchema, name: str, resolvers: dict[str, Resolver]) -> None:
    type_ = built.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    for field, resolver in resolvers.items():
        if field in type_.fields:
            type_.fields[field].resolve = resolver


def _scalar(built: GraphQLSchema, name: str) -> GraphQLScalarType:
    type_ = built.type_map[name]
    assert isinstance(type_, GraphQLScalarType)
    return type_


def _take_global_ids(built: GraphQLSchema, name: str) -> None:
    def parse_value(value: Any) -> str:
        try:
            return global_ids.parse(value, name)
        except global_ids.BadGlobalId as error:
            raise GraphQLError(str(error)) from None

    _use(_scalar(built, name), parse_value)


def _take_times(built: GraphQLSchema) -> None:
    def parse_time(value: Any) -> datetime:
        try:
            parsed = datetime.fromisoformat(str(value))
        except ValueError:
            raise GraphQLError(f"Time '{value}' is not a valid time") from None
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)

    def parse_date(value: Any) -> date:
        try:
            return date.fromisoformat(str(value)[:10])
        except ValueError:
            raise GraphQLError(f"Date '{value}' is not a valid date") from None

    _use(_scalar(built, "Time"), parse_time)
    _use(_scalar(built, "Date"), parse_date)
    # Whole seconds: two writes of one second cannot be told apart by their times.
    _scalar(built, "Time").serialize = lambda value: f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    _scalar(built, "Date").serialize = lambda value: value.isoformat()


def _use(scalar: GraphQLScalarType, parse_value: Any) -> None:
    def parse_literal(node: ValueNode, _variables: Any = None) -> Any:
        if not isinstance(node, StringValueNode):
            raise GraphQLError(f"{scalar.name} cannot represent a non-string value")
        return parse_value(node.value)

    scalar.parse_value = parse_value
    scalar.parse_literal = parse_literal  # type: ignore[assignment]

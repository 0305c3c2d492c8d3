"""The executable schema: built once from the SDL, with scalars and resolvers attached."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Any, cast

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    StringValueNode,
    ValueNode,
    build_schema,
)

from psbot.sandbox.graphql_api import mutations, places, reading, roots, widget_types, widgets
from psbot.sandbox.graphql_api.context import Resolver
from psbot.sandbox.state import global_ids

Coercion = Callable[[Any], Any]


def sdl() -> str:
    """Return the text of the schema."""
    return resources.files("psbot.sandbox").joinpath("schema.graphql").read_text(encoding="utf-8")


@cache
def schema() -> GraphQLSchema:
    """Return the executable schema."""
    built = build_schema(sdl(), assume_valid=True)
    for scalar in global_ids.MODELS:
        _use_global_ids(built, scalar)
    _use_dates_and_times(built)
    for fields in (roots.FIELDS, places.FIELDS, reading.FIELDS, widgets.FIELDS, mutations.FIELDS):
        for name, resolvers in fields.items():
            _attach_resolvers(built, name, resolvers)
    built.type_map["WorkItemWidget"].resolve_type = widget_types.widget_type_name  # type: ignore[attr-defined]
    built.type_map["WorkItemWidgetDefinition"].resolve_type = widget_types.definition_type_name  # type: ignore[attr-defined]
    built.type_map["MemberInterface"].resolve_type = reading.member_type_name  # type: ignore[attr-defined]
    return built


def _attach_resolvers(built: GraphQLSchema, name: str, resolvers: dict[str, Resolver]) -> None:
    type_ = cast(GraphQLObjectType, built.type_map[name])
    for field, resolver in resolvers.items():
        if field in type_.fields:
            type_.fields[field].resolve = resolver


def _scalar(built: GraphQLSchema, name: str) -> GraphQLScalarType:
    return cast(GraphQLScalarType, built.type_map[name])


def _use_global_ids(built: GraphQLSchema, name: str) -> None:
    def parse_value(value: object) -> str:
        try:
            return global_ids.parse_gid(value, name)
        except global_ids.BadGlobalId as error:
            raise GraphQLError(str(error)) from None

    _set_coercions(_scalar(built, name), parse_value)


def _use_dates_and_times(built: GraphQLSchema) -> None:
    def parse_time(value: object) -> datetime:
        try:
            parsed = datetime.fromisoformat(str(value))
        except ValueError:
            raise GraphQLError(f"Time '{value}' is not a valid time") from None
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)

    def parse_date(value: object) -> date:
        try:
            return date.fromisoformat(str(value)[:10])
        except ValueError:
            raise GraphQLError(f"Date '{value}' is not a valid date") from None

    # Whole seconds: two writes within one second have the same time.
    _set_coercions(_scalar(built, "Time"), parse_time, _format_time)
    _set_coercions(_scalar(built, "Date"), parse_date, lambda value: value.isoformat())


def _format_time(value: datetime) -> str:
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _set_coercions(scalar: GraphQLScalarType, parse_value: Coercion, serialize: Coercion = str) -> None:
    """Set the coercion functions of *scalar*, under their names in graphql-core 3.2 and 3.3."""

    def parse_literal(node: ValueNode, _variables: object = None) -> object:
        if not isinstance(node, StringValueNode):
            raise GraphQLError(f"{scalar.name} cannot represent a non-string value")
        return parse_value(node.value)

    for name in ("parse_value", "coerce_input_value"):
        setattr(scalar, name, parse_value)
    for name in ("parse_literal", "coerce_input_literal"):
        setattr(scalar, name, parse_literal)
    for name in ("serialize", "coerce_output_value"):
        setattr(scalar, name, serialize)

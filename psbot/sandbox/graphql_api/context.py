"""What a resolver knows about its request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from graphql import GraphQLError, GraphQLResolveInfo

from psbot.sandbox.faults.faults import Fault
from psbot.sandbox.rules.creation_limit import TooManyCreations
from psbot.sandbox.state.accounts import Token, User
from psbot.sandbox.state.world import World

Resolver = Callable[..., Any]
Value = Any  # an argument's or a scalar's value, coerced by the schema

if TYPE_CHECKING:
    Info: TypeAlias = GraphQLResolveInfo[Any]
else:
    Info = GraphQLResolveInfo  # generic only from graphql-core 3.3 on

UNAVAILABLE = (
    "The resource that you are attempting to access does not exist"
    " or you don't have permission to perform this action"
)


@dataclass(slots=True)
class RequestContext:
    """One GraphQL operation: the world, the token, the complexity and the injected fault."""

    world: World
    token: Token | None
    work_seconds: float = 0.0
    complexity: int = 0
    complexity_limit: int = 200
    mutations_allowed: int | None = None
    mutation_errors: list[str] | None = None
    mutations: int = 0
    fault: Fault | None = None
    lost_by: TooManyCreations | None = None  # why the whole answer is lost

    @property
    def user(self) -> User | None:
        """Return the token's user; None for an anonymous request."""
        return self.token.user if self.token else None


def context_of(info: Info) -> RequestContext:
    """Return the context of the running operation."""
    return cast(RequestContext, info.context)


def unavailable() -> GraphQLError:
    """Return the top-level error for missing and forbidden things alike, as GitLab does."""
    return GraphQLError(UNAVAILABLE)

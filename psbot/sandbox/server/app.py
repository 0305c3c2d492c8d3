"""Assembles the server: both APIs, the control endpoints and the web pages behind one gate."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from psbot.sandbox.graphql_api.route import graphql_routes
from psbot.sandbox.rest_api.route import rest_routes
from psbot.sandbox.server import control
from psbot.sandbox.server.gate import Gate
from psbot.sandbox.server.options import ServerOptions
from psbot.sandbox.state.world import World


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A server in this process: its world, and the gate with faults, delays and the request log."""

    world: World
    gate: Gate

    @property
    def url(self) -> str:
        """Return the server's address, without a slash at the end."""
        return self.world.url


def create_app(world: World, options: ServerOptions | None = None, pages: Sequence[BaseRoute] = ()) -> Gate:
    """Return the ASGI application; *pages* are routes of web pages, which are tried last."""
    inner = Starlette(routes=[*graphql_routes(world), *rest_routes(world)])
    gate = Gate(inner, world, options or ServerOptions())
    inner.router.routes.extend([*control.routes(gate), *pages])
    return gate

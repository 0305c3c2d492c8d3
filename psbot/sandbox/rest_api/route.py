"""The routes of the REST API."""

from starlette.routing import BaseRoute

from psbot.sandbox.world import World


def rest_routes(world: World) -> list[BaseRoute]:
    """Return the routes."""
    return []

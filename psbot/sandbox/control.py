"""The control of the sandbox under ``/-/sandbox/``."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from psbot.sandbox.gate import Gate


def routes(gate: Gate) -> list[BaseRoute]:
    """Return the routes."""

    async def requests(_request: Request) -> Response:
        return JSONResponse({"summary": gate.log.summary(), "requests": gate.log.as_data()})

    return [Route("/-/sandbox/requests", requests)]

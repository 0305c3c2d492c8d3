"""The route of the GraphQL API."""

import json
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from psbot.sandbox.faults.faults import Fault, FaultKind
from psbot.sandbox.graphql_api.context import RequestContext
from psbot.sandbox.graphql_api.endpoint import execute_request
from psbot.sandbox.rules.tokens import BadToken, may_read, token_of_request
from psbot.sandbox.state.accounts import Token
from psbot.sandbox.state.world import World

_INVALID_TOKEN = {"errors": [{"message": "Invalid token"}]}
# GitLab, app/controllers/graphql_controller.rb of about 18.0.
_NO_API = {"errors": [{"message": "API not accessible for user"}]}


def graphql_routes(world: World) -> list[BaseRoute]:
    """Return the routes."""

    async def serve(request: Request) -> Response:
        try:
            token = token_of_request(world, request.headers, request.query_params)
        except BadToken:
            return JSONResponse(_INVALID_TOKEN, 401)
        if token and not may_read(token):
            return JSONResponse(_INVALID_TOKEN, 401)
        if token and not token.user.has_accepted_terms:
            return JSONResponse(_NO_API, 403)
        try:
            data = await _data(request)
        except ValueError:
            return JSONResponse({"errors": [{"message": "Unexpected end of document"}]}, 400)
        context = _context(world, request, token)
        if isinstance(data, list):
            answers = [await execute_request(context, one) for one in data]
            return Response(b"[" + b",".join(answers) + b"]", media_type="application/json")
        answer = await execute_request(context, data)
        if context.lost_by is not None:
            errors = [{"message": context.lost_by.graphql_message}]
            return JSONResponse({"errors": errors}, context.lost_by.graphql_status)
        return Response(answer, media_type="application/json")

    return [Route("/api/graphql", serve, methods=["POST", "GET"])]


async def _data(request: Request) -> list[dict[str, Any]] | dict[str, Any]:
    if request.method == "GET":
        return dict(request.query_params)
    data = json.loads(await request.body())
    is_list = isinstance(data, list) and all(isinstance(one, dict) for one in data)
    if is_list or isinstance(data, dict):
        return cast(list[dict[str, Any]] | dict[str, Any], data)
    raise ValueError("neither a query nor a list of queries")


def _context(world: World, request: Request, token: Token | None) -> RequestContext:
    fault: Fault | None = request.scope.get("sandbox.fault")
    context = RequestContext(
        world, token, work_seconds=request.scope.get("sandbox.work_seconds", 0.0), fault=fault
    )
    if fault is None:
        return context
    if fault.kind is FaultKind.PARTIAL:
        context.mutations_allowed = fault.first
    elif fault.kind is FaultKind.PAYLOAD_ERROR:
        context.mutation_errors = [fault.message]
    return context

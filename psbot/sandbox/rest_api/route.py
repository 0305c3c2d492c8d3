"""The route of the REST API: authenticates the request, finds its handler and shapes refusals."""

import json
from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from psbot.sandbox.faults.faults import Fault
from psbot.sandbox.rest_api.call import Call, MissingParameter, RestResponse, parse_parameters
from psbot.sandbox.rest_api.table import ROUTES, Handler
from psbot.sandbox.rules.refusals import Invalid, Refusal
from psbot.sandbox.rules.tokens import (
    INSUFFICIENT_SCOPE,
    BadToken,
    apply_sudo,
    may_read,
    may_write,
    token_of_request,
)
from psbot.sandbox.state.accounts import Token
from psbot.sandbox.state.world import World

PREFIX = "/api/v4/"
READ_ONLY = "You cannot perform write operations on a read-only instance"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]

Pattern = tuple[tuple[str, ...], Handler]

_BY_SHAPE: dict[tuple[str, int], list[Pattern]] = defaultdict(list)
for _method, _path, _work in ROUTES:
    _parts = tuple(_path.split("/"))
    _BY_SHAPE[(_method, len(_parts))].append((_parts, _work))


def rest_routes(world: World) -> list[BaseRoute]:
    """Return the routes."""

    async def serve(request: Request) -> Response:
        try:
            request_token = token_of_request(world, request.headers, request.query_params)
            sudo = request.query_params.get("sudo") or request.headers.get("sudo")
            token = apply_sudo(world, request_token, sudo)
        except BadToken as bad:
            return JSONResponse(bad.body, bad.status)
        refusal = _scope_refusal(world, request.method, token)
        return refusal or await _dispatch(world, request, token)

    return [Route("/api/v4/{rest:path}", serve, methods=_METHODS)]


def _scope_refusal(world: World, method: str, token: Token | None) -> Response | None:
    is_read = method in ("GET", "HEAD")
    if token and not (may_write(token) or (is_read and may_read(token))):
        return JSONResponse(INSUFFICIENT_SCOPE, 403)
    if world.is_in_maintenance and not is_read:
        return JSONResponse({"message": READ_ONLY}, 403)
    return None


async def _dispatch(world: World, request: Request, token: Token | None) -> Response:
    path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
    segments = [unquote(part) for part in path.removeprefix(PREFIX).split("/")]
    found = _match_route("GET" if request.method == "HEAD" else request.method, segments)
    if found is None:
        return JSONResponse({"error": "404 Not Found"}, 404)
    work, parts = found
    try:
        query, parameters = await parse_parameters(request)
    except json.JSONDecodeError:
        return JSONResponse({"error": "400 Bad request - Invalid JSON"}, 400)
    except ValueError as error:
        return JSONResponse({"error": f"400 Bad request - {error}"}, 400)
    call = Call(world, token, request.method, path, parts, query, parameters, _fault_of(request))
    try:
        with world.lock:
            answer = work(call)
            if request.method not in ("GET", "HEAD"):
                world.invalidate()
    except Refusal as refusal:
        return _refusal_response(refusal)
    return _response(answer)


def _match_route(method: str, segments: Sequence[str]) -> tuple[Handler, dict[str, str]] | None:
    """Return the handler for a path and its named parts; a literal part wins over a named one."""
    best: tuple[int, Handler, dict[str, str]] | None = None
    for pattern, work in _BY_SHAPE[(method, len(segments))]:
        names = {
            part[1:]: value for part, value in zip(pattern, segments, strict=True) if part.startswith(":")
        }
        literals_match = all(
            part == value for part, value in zip(pattern, segments, strict=True) if not part.startswith(":")
        )
        if literals_match and (best is None or len(names) < best[0]):
            best = (len(names), work, names)
    return (best[1], best[2]) if best else None


def _fault_of(request: Request) -> Fault | None:
    fault: Fault | None = request.scope.get("sandbox.fault")
    return fault


def _refusal_response(refusal: Refusal) -> Response:
    if isinstance(refusal, MissingParameter):
        return JSONResponse({"error": refusal.message}, 400)
    if isinstance(refusal, Invalid):
        return JSONResponse({"message": refusal.fields or refusal.message}, 400)
    return JSONResponse({"message": refusal.message}, refusal.status)


def _response(answer: object) -> Response:
    done = answer if isinstance(answer, RestResponse) else RestResponse(answer)
    headers = dict(done.headers)
    if done.status == 204:  # noqa: PLR2004 (no content)
        return Response(status_code=204, headers=headers)
    return JSONResponse(done.data, done.status, headers)

"""Serves the pages at GitLab's own addresses, with a strict content security policy."""

from collections.abc import Callable
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from psbot.sandbox.server import control
from psbot.sandbox.state.accounts import User
from psbot.sandbox.state.world import World
from psbot.sandbox.web import pages
from psbot.sandbox.web.chips import label_chip, stylesheet
from psbot.sandbox.web.pages import Page
from psbot.sandbox.web.visit import VIEWER, PageNotFound, Visit, relative_time

_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STYLE = (files(__package__) / "templates" / "style.css").read_text(encoding="utf-8")
_TEMPLATES = Environment(
    loader=PackageLoader("psbot.sandbox.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

PageHandler = Callable[[Visit, str, int], Page]


def _epic(visit: Visit, path: str, iid: int) -> Page:
    return pages.item_page(visit, visit.item(path, iid, is_group=True))


def _issue(visit: Visit, path: str, iid: int) -> Page:
    return pages.item_page(visit, visit.item(path, iid, is_group=False))


def _group(visit: Visit, path: str, _iid: int) -> Page:
    return pages.namespace_page(visit, visit.namespace(path, is_group=True))


def _project(visit: Visit, path: str, _iid: int) -> Page:
    return pages.namespace_page(visit, visit.namespace(path, is_group=False))


def _project_or_person(visit: Visit, path: str, iid: int) -> Page:
    user = visit.world.user(path)
    return pages.user_page(visit, user) if user else _project(visit, path, iid)


def _epic_board(visit: Visit, path: str, _iid: int) -> Page:
    return pages.board_page(visit, visit.namespace(path, is_group=True), of_epics=True)


def _group_board(visit: Visit, path: str, _iid: int) -> Page:
    return pages.board_page(visit, visit.namespace(path, is_group=True), of_epics=False)


def _project_board(visit: Visit, path: str, _iid: int) -> Page:
    return pages.board_page(visit, visit.namespace(path, is_group=False), of_epics=False)


_ROUTES: tuple[tuple[str, PageHandler], ...] = (
    ("/", lambda visit, _path, _iid: pages.overview_page(visit)),
    ("/groups/{path:path}/-/epics/{iid:int}", _epic),
    ("/groups/{path:path}/-/work_items/{iid:int}", _epic),
    ("/groups/{path:path}/-/epic_boards", _epic_board),
    ("/groups/{path:path}/-/boards", _group_board),
    ("/groups/{path:path}/-/epics", _group),
    ("/groups/{path:path}/-/work_items", _group),
    ("/groups/{path:path}", _group),
    ("/{path:path}/-/issues/{iid:int}", _issue),
    ("/{path:path}/-/work_items/{iid:int}", _issue),
    ("/{path:path}/-/boards", _project_board),
    ("/{path:path}/-/issues", _project),
    ("/{path:path}/-/work_items", _project),
    ("/{path:path}", _project_or_person),
)


def web_routes(world: World) -> list[BaseRoute]:
    """Return the routes of the pages; the last one matches every address."""

    async def style(_request: Request) -> Response:
        with world.lock:
            text = _STYLE + stylesheet(world.labels.values())
        return PlainTextResponse(text, media_type="text/css", headers=_SECURITY_HEADERS)

    def route(path: str, work: PageHandler) -> Route:
        async def serve(request: Request) -> Response:
            refusal = control.refusal_reason(request)
            if refusal:
                return PlainTextResponse(refusal, 403)
            with world.lock:
                return _respond(world, request, work)

        return Route(path, serve, methods=["GET"])

    return [Route("/assets/style.css", style), *(route(path, work) for path, work in _ROUTES)]


def _respond(world: World, request: Request, handler: PageHandler) -> Response:
    query = dict(request.query_params)
    path = request.scope["path"]
    name = query.pop(VIEWER, None)
    viewer = world.user(name) if name else _default_viewer(world)
    visit = Visit(world, viewer or _default_viewer(world), path, query)
    if name and viewer is None:
        return HTMLResponse(_render(visit, pages.not_found_page(unknown=name)), 404, _SECURITY_HEADERS)
    try:
        page = handler(visit, request.path_params.get("path", ""), request.path_params.get("iid", 0))
    except PageNotFound:
        return HTMLResponse(_render(visit, pages.not_found_page()), 404, _SECURITY_HEADERS)
    return HTMLResponse(_render(visit, page), 200, _SECURITY_HEADERS)


def _default_viewer(world: World) -> User | None:
    """Return the default user: the first human member of anything, else the first account."""
    people = (entry.user for entry in world.memberships.values() if not entry.user.is_bot)
    return next(people, next(iter(world.users.values()), None))


def _render(visit: Visit, page: Page) -> str:
    return _TEMPLATES.get_template(page.template).render(
        page.context,
        title=page.title,
        breadcrumbs=page.breadcrumbs,
        visit=visit,
        people=visit.world.users.values(),
        chip=lambda label: label_chip(label, visit.world),
        ago=lambda then: relative_time(then, visit.now),
    )

"""The web pages in a real browser: styles apply, pages fit a phone, and hostile text does not run."""

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from psbot.sandbox.rules import markdown
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import GROUP, PROJECT, sandbox_world
from psbot.sandbox.web.route import web_routes
from tests.browser.chromium import NoBrowser, dump_dom, find_browser, screenshot
from tests.sandbox.client import Client
from tests.sandbox.filled import apply_example, let_people_work

pytestmark = pytest.mark.browser

EPIC = f"/groups/{GROUP}/-/epics/1"
KICK_OFF = f"/{PROJECT}/-/issues/1"
BOARD = f"/groups/{GROUP}/-/boards"
PAGES = ["/", EPIC, f"{EPIC}?as=ada", BOARD, KICK_OFF, f"/{PROJECT}/-/issues/2", f"/{PROJECT}", "/nowhere"]


@pytest.fixture(scope="module", autouse=True)
def browser() -> str:
    try:
        return find_browser()
    except NoBrowser as missing:
        pytest.exit(str(missing), returncode=1)


async def probe_page(request: Request) -> Response:
    """Serve a page without its policy, with a script that reports its width to the surrounding frame."""
    world = request.app.state.world
    viewer = f"?{request.url.query}" if request.url.query else ""
    # In another thread, because this one serves.
    page = await run_in_threadpool(
        requests.get, f"{world.url}{request.path_params['path']}{viewer}", timeout=20
    )
    script = "<script>top.document.title = document.documentElement.scrollWidth</script></body>"
    return HTMLResponse(page.text.replace("</body>", script))


async def framing_page(request: Request) -> Response:
    """Serve a page in a frame of the given width: a browser window cannot be as narrow as a phone."""
    source, width = request.url.path.partition("/framed")[2], request.query_params["width"]
    query = f"?as={viewer}" if (viewer := request.query_params.get("as")) else ""
    return HTMLResponse(
        f'<title>unmeasured</title><iframe src="/measured{source}{query}" width="{width}" height="900" frameborder="0">'
    )


@pytest.fixture(scope="module")
def filled() -> Iterator[Sandbox]:
    world = sandbox_world()
    helpers = [Route("/measured{path:path}", probe_page), Route("/framed{path:path}", framing_page)]
    with running_sandbox(world, pages=[*helpers, *web_routes(world)]) as started:
        started.gate.app.state.world = world  # type: ignore[attr-defined]
        apply_example(started)
        let_people_work(started)
        yield started


def title_of(page: str) -> str:
    match = re.search(r"<title>(.*?)</title>", page)
    assert match is not None
    return match[1]


def first_pixel(picture: Path) -> tuple[int, ...]:
    """Return the colour of the top left pixel, which a PNG stores unfiltered."""
    data = picture.read_bytes()
    chunks, place = b"", 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        if data[place + 4 : place + 8] == b"IDAT":
            chunks += data[place + 8 : place + 8 + length]
        place += length + 12
    return tuple(zlib.decompress(chunks)[1:4])


def test_stylesheet_is_applied_under_the_policy(filled: Sandbox, tmp_path: Path) -> None:
    screenshot(filled.url + EPIC, tmp_path / "page.png", 1280, 400)
    assert first_pixel(tmp_path / "page.png") == (0x2B, 0x23, 0x50)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1280, 400])
def test_page_is_no_wider_than_the_window(filled: Sandbox, path: str, width: int) -> None:
    address = f"{filled.url}/framed{path}{'&' if '?' in path else '?'}width={width}"
    assert title_of(dump_dom(address)) == str(width)


def test_epic_shows_its_children_in_the_browser(filled: Sandbox) -> None:
    assert "10 open, 1 closed" in dump_dom(filled.url + EPIC)
    assert "3 open, 0 closed" in dump_dom(f"{filled.url}{EPIC}?as=ada")


HOSTILE = """<script>document.title = 'owned'</script><img src=x onerror="document.title = 'owned'">
<svg onload="document.title = 'owned'"></svg><details open ontoggle="document.title = 'owned'">x</details>
<input autofocus onfocus="document.title = 'owned'"><style>body { display: none }</style>
<meta http-equiv="refresh" content="0;url=/nowhere"><iframe srcdoc="<script>top.document.title = 'owned'</script>">
"""


@pytest.fixture
def hostile() -> Iterator[Sandbox]:
    world = sandbox_world()
    with running_sandbox(world, pages=web_routes(world)) as started:
        item = Client(started).create("hostile", description=HOSTILE)
        Client(started).note(item, HOSTILE)
        yield started


def test_hostile_text_does_not_run(hostile: Sandbox) -> None:
    page = dump_dom(hostile.url + KICK_OFF)
    assert title_of(page) == "hostile · Sandbox"
    assert not re.search(r"<(script|img|iframe|style)\b", page)


def test_policy_blocks_scripts_that_the_sanitizer_missed(
    hostile: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmful = HOSTILE.split("<meta")[0]
    monkeypatch.setattr(markdown, "_clean", lambda page: harmful)
    page = dump_dom(hostile.url + KICK_OFF)
    assert "<script>" in page
    assert title_of(page) == "hostile · Sandbox"


def test_browser_runs_the_hostile_text_without_sanitizer_and_policy(tmp_path: Path) -> None:
    """Prove that the hostile text is dangerous, so that the other tests do not pass by accident."""
    file = tmp_path / "page.html"
    file.write_text(f"<title>hostile</title>{HOSTILE.split('<meta')[0]}", encoding="utf-8")
    assert title_of(dump_dom(file.as_uri())) == "owned"

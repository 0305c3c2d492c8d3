"""Take the screenshot of an epic for the documentation; run by ``make picture``, which needs a browser."""

import struct
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from click.testing import CliRunner

from psbot.cli import main
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import GROUP, sandbox_world, token_of
from psbot.sandbox.web.route import web_routes
from tests.browser.chromium import NoBrowser, screenshot
from tests.sandbox.filled import apply_example, let_people_work

FILE = Path(__file__).parent / "epic.png"
EXAMPLE = Path(__file__).parent.parent / "examples" / "acme-aws.yml"
WIDTH, HEIGHT = 1280, 1930
_CHANNELS = 3
_COLOURS = 256
_SIGNATURE = b"\x89PNG\r\n\x1a\n"

Pixel = tuple[int, ...]


def take() -> None:
    """Fill a sandbox with the AWS example, and save the epic as its manager sees it."""
    world = sandbox_world()
    with running_sandbox(world, pages=web_routes(world)) as sandbox, tempfile.TemporaryDirectory() as folder:
        apply_example(sandbox)
        let_people_work(sandbox)
        advance_example(sandbox)
        raw = Path(folder) / "epic.png"
        screenshot(f"{sandbox.url}/groups/{GROUP}/-/epics/1", raw, WIDTH, HEIGHT)
        FILE.write_bytes(with_palette(raw.read_bytes()))


def advance_example(sandbox: Sandbox) -> None:
    """Let psbot advance the engagement, at the time the clock of *sandbox* shows."""
    options = ["--gitlab-url", sandbox.url, "--now", sandbox.world.clock.now().isoformat()]
    environment = {"PSBOT_TOKEN": token_of("psbot-bot")}
    done = CliRunner().invoke(main, [*options, "advance", str(EXAMPLE)], env=environment)
    if done.exit_code:
        raise RuntimeError(done.output)


def with_palette(png: bytes) -> bytes:
    """Return an RGB picture with its most frequent colours alone: a page of text takes half the bytes so."""
    width, _height, *format_ = struct.unpack(">IIBBBBB", next(_chunks(png, b"IHDR")))
    if format_ != [8, 2, 0, 0, 0]:
        raise ValueError("the browser wrote no plain RGB picture")
    rows = [
        list(zip(row[::3], row[1::3], row[2::3], strict=True))
        for row in _rows(zlib.decompress(b"".join(_chunks(png, b"IDAT"))), width * _CHANNELS)
    ]
    counted = Counter(pixel for row in rows for pixel in row)
    palette = [pixel for pixel, _ in counted.most_common(_COLOURS)]
    index = {pixel: _nearest(pixel, palette) for pixel in counted}
    data = b"".join(b"\0" + bytes(index[pixel] for pixel in row) for row in rows)
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", bytes(sum(palette, ()))),
        (b"IDAT", zlib.compress(data, 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in parts)


def _chunks(png: bytes, wanted: bytes) -> Iterator[bytes]:
    place = len(_SIGNATURE)
    while place < len(png):
        length, name = struct.unpack(">I4s", png[place : place + 8])
        if name == wanted:
            yield png[place + 8 : place + 8 + length]
        place += length + 12


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _rows(data: bytes, size: int) -> Iterator[bytes]:
    """Yield the rows of a picture without the filters that the format puts on them."""
    above = bytes(size)
    for start in range(0, len(data), size + 1):
        row = bytearray(data[start + 1 : start + 1 + size])
        predict = _PREDICTORS[data[start]]
        for place in range(size):
            near = place >= _CHANNELS
            left, corner = (row[place - _CHANNELS], above[place - _CHANNELS]) if near else (0, 0)
            row[place] = (row[place] + predict(left, above[place], corner)) & 0xFF
        above = bytes(row)
        yield above


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


# The filters of the PNG specification by number: what a byte is predicted to be from its neighbours.
_PREDICTORS = (
    lambda _left, _up, _corner: 0,
    lambda left, _up, _corner: left,
    lambda _left, up, _corner: up,
    lambda left, up, _corner: (left + up) // 2,
    _paeth,
)


def _nearest(pixel: Pixel, palette: Sequence[Pixel]) -> int:
    distances = (sum((a - b) ** 2 for a, b in zip(pixel, colour, strict=True)) for colour in palette)
    return min(enumerate(distances), key=lambda entry: entry[1])[0]


if __name__ == "__main__":
    try:
        take()
    except NoBrowser as missing:
        sys.exit(str(missing))

"""Runs headless Chromium from the command line, with a new profile for each run."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)
_SECONDS = 120


class NoBrowser(Exception):
    """No browser is installed."""


def find_browser() -> str:
    """Return the browser: the one in CHROME, else the first one installed. Raises NoBrowser."""
    named = os.environ.get("CHROME")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        tried = named or ", ".join(NAMES)
        raise NoBrowser(f"No browser found ({tried}). Install the Debian package chromium, or set CHROME.")
    return found


def dump_dom(url: str) -> str:
    """Return the DOM of the page after all its scripts have run."""
    return _run("--window-size=1300,900", "--virtual-time-budget=2000", "--dump-dom", url)


def screenshot(url: str, file: Path, width: int, height: int) -> None:
    """Save the top of the page as PNG."""
    _run(f"--window-size={width},{height}", f"--screenshot={file}", url)


def _run(*arguments: str) -> str:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [find_browser(), *_FLAGS, f"--user-data-dir={profile}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout

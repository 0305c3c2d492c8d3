"""The wheel, built here and installed with its locked dependencies in a clean environment."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT


def run(*command: object, cwd: Path = Path("/")) -> str:
    """Run a program without anything of this environment; return what it says."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PSBOT"))
    }
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout


def built(folder: Path) -> Path:
    """Build the wheel into *folder* and return its path."""
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def installed(wheel: Path, folder: Path) -> Path:
    """Install *wheel* into a clean environment below *folder*; return the folder of its programs."""
    run(sys.executable, "-m", "venv", folder / "venv")
    programs = folder / "venv" / "bin"
    pip = (programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    run(*pip, "--require-hashes", "-r", ROOT / "requirements" / "runtime.txt")
    run(*pip, wheel)
    return programs

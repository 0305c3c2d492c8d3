"""The wheel, installed with its locked dependencies in a clean environment, does from ``/`` what the checkout does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOW = "2026-11-23T09:00+01:00"


def run(*command: object, cwd: Path = Path("/")) -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PSBOT"))
    }
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a clean environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    run(sys.executable, "-m", "venv", folder / "venv")
    programs = folder / "venv" / "bin"
    pip = (programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    run(*pip, "--require-hashes", "-r", ROOT / "requirements" / "runtime.txt")
    run(*pip, wheel)
    return programs


def test_wheel_brings_all_it_needs(installed: Path) -> None:
    run(installed / "python", "-m", "pip", "check")


def test_wheel_plans_as_the_checkout_does_when_started_from_the_root(installed: Path) -> None:
    examples = sorted((ROOT / "examples").glob("*.yml"))
    plan = ("--now", NOW, "plan", "--offline", "--format", "json", *examples)
    there = json.loads(run(installed / "psbot", *plan))
    here = json.loads(run(Path(sys.executable).parent / "psbot", *plan))
    assert there == here
    assert len(there["engagements"]) == 4


def test_wheel_carries_config_templates_and_examples(installed: Path) -> None:
    where = "import psbot.resources as r; print(*(r.directory(n) for n in ('config', 'issue_templates', 'examples')))"
    for folder in run(installed / "python", "-c", where).split():
        assert str(installed.parent) in folder
        assert any(Path(folder).iterdir())

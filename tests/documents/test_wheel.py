"""The wheel, installed with its locked dependencies in a clean environment, does from ``/`` what the checkout does."""

import json
import sys
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.wheel import run

NOW = "2026-11-23T09:00+01:00"


def test_wheel_brings_all_it_needs(installed: Path) -> None:
    run(installed / "python", "-m", "pip", "check")


def test_wheel_plans_as_the_checkout_does_when_started_from_the_root(installed: Path) -> None:
    examples = sorted((ROOT / "examples").glob("*.yml"))
    plan = ("--now", NOW, "plan", "--offline", "--format", "json", *examples)
    there = json.loads(run(installed / "psbot", *plan))
    here = json.loads(run(Path(sys.executable).parent / "psbot", *plan))
    assert there == here
    assert len(there["engagements"]) == 4


def test_wheel_begins_the_same_engagements_repository_as_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    run(installed / "psbot", "init", there)
    run(Path(sys.executable).parent / "psbot", "init", here)
    files = sorted(path.relative_to(here) for path in here.rglob("*") if path.is_file())
    assert Path(".gitlab/psbot.yml") in files
    assert [path.relative_to(there) for path in sorted(there.rglob("*")) if path.is_file()] == files
    assert all((there / name).read_bytes() == (here / name).read_bytes() for name in files)


def test_wheel_carries_config_templates_and_examples(installed: Path) -> None:
    where = "import psbot.resources as r; print(*(r.resource_folder(n) for n in ('config', 'issue_templates', 'examples')))"
    for folder in run(installed / "python", "-c", where).split():
        assert str(installed.parent) in folder
        assert any(Path(folder).iterdir())

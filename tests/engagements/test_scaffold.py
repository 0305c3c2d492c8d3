"""The engagements repository that psbot init writes."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from psbot.cli import main


def init(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["init", str(folder), *options])


def test_repository_has_an_example_that_validates_and_fits_its_schema(tmp_path: Path) -> None:
    assert init(tmp_path).exit_code == 0
    example = tmp_path / "engagements" / "example.yml"
    assert CliRunner().invoke(main, ["validate", str(example)]).exit_code == 0
    schema = json.loads((tmp_path / "engagement.schema.json").read_text())
    Draft202012Validator(schema).validate(
        yaml.load(example.read_text(), yaml.BaseLoader) | {"budget_hours": 40}
    )


def test_nothing_is_written_over_and_what_is_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "engagements").mkdir()
    mine = {".gitlab-ci.yml": "mine: {}\n", "README.md": "mine\n", "engagements/acme.yml": "mine: 1\n"}
    for name, text in mine.items():
        (tmp_path / name).write_text(text)
    said = init(tmp_path)
    assert said.exit_code == 0
    assert {name: (tmp_path / name).read_text() for name in mine} == mine
    for name in (".gitlab-ci.yml", "README.md"):
        assert f"kept {tmp_path / name}, which already exists" in said.stdout
    assert not (tmp_path / "engagements" / "example.yml").exists()
    again = init(tmp_path)
    assert "wrote" not in again.stdout


def test_component_is_included_instead_of_copied_when_it_is_named(tmp_path: Path) -> None:
    init(tmp_path, "--component", "tools/psbot/psbot@0.1.0", "--owner", "@acme/managers")
    (included,) = yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text())["include"]
    assert included["component"] == "$CI_SERVER_FQDN/tools/psbot/psbot@0.1.0"
    assert not (tmp_path / ".gitlab").exists()
    assert "[Managers] @acme/managers\n/engagements/" in (tmp_path / "CODEOWNERS").read_text()


@pytest.mark.parametrize(
    "wish",
    [
        ("--component", "psbot"),
        ("--component", "a/b@1\ninclude: x"),
        ("--owner", "maria"),
        ("--package", "a\nb: c"),
    ],
)
def test_invalid_option_is_refused_before_anything_is_written(wish: tuple[str, str], tmp_path: Path) -> None:
    assert init(tmp_path, *wish).exit_code == 2
    assert list(tmp_path.iterdir()) == []

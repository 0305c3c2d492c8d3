"""The recipes of CONTRIBUTING.md, followed word by word in a copy of the repository."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text()
COPIED = ("config", "docs", "examples", "issue_templates", "psbot", "tests")

BLOCK = re.compile(r"^(?P<lead>[^\n]*:)\n\n```\w+\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
BELOW = re.compile(r"In `(?P<file>[^`]+)`, below the line `(?P<line>[^`]+)`:")
INSTEAD = re.compile(r"Instead of `(?P<text>[^`]+)` in `(?P<file>[^`]+)`:")
END = re.compile(r"At the end of `(?P<file>[^`]+)`:")
NEW = re.compile(r"New file `(?P<file>[^`]+)`:")
RUN = re.compile(r"Run, and find `(?P<text>[^`]+)`(?: in `(?P<file>[^`]+)`)?:")


@dataclass(frozen=True)
class Copy:
    """A copy of the repository, in which a recipe is followed."""

    folder: Path

    def run(self, command: str) -> str:
        """Run a command of the page in the copy."""
        python = [sys.executable, "-W", "error"]
        programs = {
            ".venv/bin/psbot": [*python, "-c", "from psbot.cli import main; main()"],
            ".venv/bin/pytest": [*python, "-m", "pytest", "-p", "no:cacheprovider"],
            "make docs": [*python, "-m", "docs.generate"],
        }
        (program,) = (each for each in programs if command.startswith(each))
        rest = shlex.split(command.removeprefix(program))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PSBOT_")}
        done = subprocess.run(
            [*programs[program], *rest],
            cwd=self.folder,
            env=environment | {"PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def follow(self, lead: str, body: str) -> None:
        """Do what the line *lead* says with the block *body* below it; a line that says nothing is an error."""
        if step := BELOW.fullmatch(lead):
            self._insert(self.folder / step["file"], step["line"], body)
        elif step := INSTEAD.fullmatch(lead):
            file = self.folder / step["file"]
            assert file.read_text().count(step["text"]) == 1
            file.write_text(file.read_text().replace(step["text"], body.removesuffix("\n")))
        elif step := END.fullmatch(lead):
            file = self.folder / step["file"]
            file.write_text(file.read_text() + body)
        elif step := NEW.fullmatch(lead):
            file = self.folder / step["file"]
            assert not file.exists()
            file.parent.mkdir(exist_ok=True)
            file.write_text(body)
        elif step := RUN.fullmatch(lead):
            printed = self.run(body.strip())
            shown = (self.folder / step["file"]).read_text() if step["file"] else printed
            assert step["text"] in shown
        else:
            pytest.fail(f"CONTRIBUTING.md does not say what to do with the block below {lead!r}")

    @staticmethod
    def _insert(file: Path, anchor: str, body: str) -> None:
        lines = file.read_text().splitlines(keepends=True)
        (at,) = (index for index, line in enumerate(lines) if line.strip() == anchor)
        file.write_text("".join([*lines[: at + 1], body, *lines[at + 1 :]]))


def steps(recipe: str) -> list[tuple[str, str]]:
    """The steps of *recipe*: the line above each block, and the block."""
    (text,) = re.findall(rf"^## {re.escape(recipe)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    found = [(match["lead"], match["body"]) for match in BLOCK.finditer(text)]
    assert 2 * len(found) == text.count("```"), "each block needs a line above it that says what to do"
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return Copy(tmp_path)


def test_page_has_the_recipes() -> None:
    assert re.findall(r"^## (.*)$", PAGE, re.MULTILINE) == [
        "Add a kind",
        "Add a label",
        "Add a field to the engagement file",
        "Add a command",
        "Add a column to `status`",
        "Add a guard",
        "Add a measure of staleness",
    ]


def test_commands_run_in_the_copy(copy: Copy) -> None:
    (copy.folder / "psbot" / "cli" / "commands" / "schema.py").write_text("raise SystemExit('the copy')\n")
    with pytest.raises(AssertionError, match="the copy"):
        copy.run(".venv/bin/psbot schema")


@pytest.mark.parametrize("recipe", re.findall(r"^## (.*)$", PAGE, re.MULTILINE))
def test_recipe_leads_where_it_says(copy: Copy, recipe: str) -> None:
    for lead, body in steps(recipe):
        copy.follow(lead, body)


@pytest.mark.parametrize("recipe", re.findall(r"^## (.*)$", PAGE, re.MULTILINE))
def test_recipe_changes_something_that_was_not_there(copy: Copy, recipe: str) -> None:
    """Without its edits, no check of the recipe that looks for something may pass."""
    for lead, body in steps(recipe):
        if RUN.fullmatch(lead):
            with pytest.raises(AssertionError):
                copy.follow(lead, body)


def test_validate_is_content_with_the_examples_after_all_recipes(copy: Copy) -> None:
    for recipe in re.findall(r"^## (.*)$", PAGE, re.MULTILINE):
        for lead, body in steps(recipe):
            if not RUN.fullmatch(lead):
                copy.follow(lead, body)
    examples = " ".join(f"examples/{file.name}" for file in sorted((ROOT / "examples").glob("*.yml")))
    assert copy.run(f".venv/bin/psbot validate {examples}").count(": ok\n") == 4

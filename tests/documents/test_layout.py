"""Files and functions of the package are small, and the tests stand where the code stands."""

import ast
from pathlib import Path

import pytest

from tests.support.paths import ROOT

MAX_FILE_LINES = 320
MAX_FUNCTION_LINES = 50
# The tests of the sandbox are one a behaviour, those of the command line one a command.
MIRRORED = {(path.name,) for path in (ROOT / "psbot").iterdir()} - {("sandbox",), ("cli",)}
MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "psbot").rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_and_its_functions_are_small(module: Path) -> None:
    text = (ROOT / module).read_text()
    assert text.count("\n") <= MAX_FILE_LINES
    long = {
        node.name: lines
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_test_files_named_after_a_module_are_in_its_folder() -> None:
    by_name: dict[str, set[Path]] = {}
    for module in MODULES:
        by_name.setdefault(module.stem, set()).add(Path("tests", *module.parts[1:-1]))
    misplaced = [
        str(file.relative_to(ROOT))
        for file in (ROOT / "tests").rglob("test_*.py")
        if (folder := file.parent.relative_to(ROOT)).parts[1:2] in MIRRORED
        and (homes := by_name.get(file.stem.removeprefix("test_")))
        and folder not in homes
    ]
    assert misplaced == []

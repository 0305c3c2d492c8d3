"""Draw the layers of ``docs/architecture.md`` from the import contracts in ``pyproject.toml``."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- Written by `make docs`: begin -->", "<!-- Written by `make docs`: end -->"


def page(text: str) -> str:
    """Return the page *text* with its generated part written again."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n\n".join([before + BEGIN, *_generated(), END + after])


def contracts() -> list[dict[str, Any]]:
    """Return the import contracts, which ``make lint`` checks."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def _generated() -> Iterator[str]:
    for contract in contracts():
        if contract["type"] == "layers":
            yield f"### {_sentence(contract)}"
            layers = [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]
            yield "\n".join(["```mermaid", "flowchart TB", *_chart(layers), "```"])
            yield "\n".join(["| Package | What is in it |", "| --- | --- |", *_rows(layers)])
    yield "### Other contracts"
    yield "\n".join(f"- {_sentence(each)}." for each in contracts() if each["type"] != "layers")


def _sentence(contract: dict[str, Any]) -> str:
    name: str = contract["name"]
    return name[0].upper() + name[1:]


def _chart(layers: Iterable[list[str]]) -> Iterator[str]:
    """Yield one box per layer, each with an arrow to the next one."""
    boxes = []
    for number, packages in enumerate(layers, start=1):
        boxes.append(f"layer{number}")
        names = [name.rpartition(".")[2] for name in packages]
        yield f'  layer{number}["{", ".join(names)}"]'
    yield f"  {' --> '.join(boxes)}"


def _rows(layers: Iterable[list[str]]) -> Iterator[str]:
    for name in (name for packages in layers for name in packages):
        path = name.replace(".", "/")
        folder = (ROOT / path).is_dir()
        file = ROOT / path / "__init__.py" if folder else ROOT / f"{path}.py"
        documented = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        summary = re.sub(r"``(.+?)``", r"`\1`", documented.split("\n\n")[0]).replace("|", "\\|")
        yield f"| `{path}{'/' if folder else '.py'}` | {' '.join(summary.split())} |"

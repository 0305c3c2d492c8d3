"""docs/architecture.md is true: the paths that it names exist, and it draws every layer of the import contracts."""

import re

from docs.layers import BEGIN, contracts
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_paths_that_the_page_names_exist() -> None:
    written = PAGE.partition(BEGIN)[0]
    named = re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:py|toml|yml|md))`", written)
    assert len(named) > 25
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_page_lists_every_package_of_the_layers_once() -> None:
    layered = [
        name.strip().replace(".", "/")
        for contract in contracts()
        if contract["type"] == "layers"
        for layer in contract["layers"]
        for name in layer.split("|")
    ]
    assert re.findall(r"^\| `(psbot/[\w/]+?)(?:/|\.py)` \| ", PAGE, re.MULTILINE) == layered


def test_layers_have_every_package_but_the_sandbox() -> None:
    top = {path.parent.name for path in (ROOT / "psbot").glob("*/__init__.py")}
    layers = next(each["layers"] for each in contracts() if each["type"] == "layers")
    assert top - {"sandbox"} == {name.strip().split(".")[-1] for layer in layers for name in layer.split("|")}


def test_page_is_one_page() -> None:
    assert len(PAGE.splitlines()) <= 150

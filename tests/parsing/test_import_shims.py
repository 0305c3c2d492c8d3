import importlib
import sys
from types import ModuleType

import pytest

from psbot.parsing.import_shims import shim_modules


def test_standing_in_is_found_by_imports_until_it_ends() -> None:
    module = ModuleType("not_there")
    with shim_modules({"not_there": module}):
        assert importlib.import_module("not_there") is module
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("not_there")


def test_standing_in_ends_when_the_import_fails() -> None:
    with pytest.raises(ImportError), shim_modules({"not_there": ModuleType("not_there")}):
        importlib.import_module("not_there.below")
    assert "not_there" not in sys.modules


def test_standing_in_leaves_alone_what_is_imported_already() -> None:
    real = sys.modules["importlib"]
    with shim_modules({"importlib": ModuleType("importlib")}):
        assert sys.modules["importlib"] is real
    assert sys.modules["importlib"] is real

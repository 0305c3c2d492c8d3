"""Replaces modules while a library is imported that would otherwise import more than psbot uses."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def shim_modules(modules: Mapping[str, ModuleType]) -> Iterator[None]:
    """Make imports find *modules* by their names, except those that are already imported."""
    missing = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(missing)
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]

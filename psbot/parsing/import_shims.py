"""Modules that stand in for others while a library is imported that would import more than psbot uses of it."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def shim_modules(modules: Mapping[str, ModuleType]) -> Iterator[None]:
    """Let imports find *modules* under their names, except where the real one is imported already."""
    missing = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(missing)
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]

"""Finds ``config/``, ``issue_templates/`` and other data: an override, else the wheel's, else the checkout's.

Never the current directory: a run from another folder must not change policy.
"""

from pathlib import Path

from psbot.errors import PsbotError

_PACKAGE = Path(__file__).parent


def resource_folder(name: str, override: Path | None = None) -> Path:
    """Return the folder *name*; an override replaces the whole folder, file by file there is no merge."""
    if override is not None:
        if not override.is_dir():
            raise PsbotError(f"there is no folder {override}", f"name the folder that holds your {name}")
        return override
    bundled = _PACKAGE / "_bundled"
    return (bundled if bundled.is_dir() else _PACKAGE.parent) / name

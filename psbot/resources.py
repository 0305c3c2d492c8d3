"""Finds ``config/``, ``issue_templates/`` and other data: an override, the copy in the wheel, or the checkout.

Never the current directory: a run from another folder must not change policy.
"""

from pathlib import Path

from psbot.errors import PsbotError

_PACKAGE = Path(__file__).parent


def resource_folder(name: str, override: Path | None = None) -> Path:
    """Return the folder *name*; an override replaces the whole folder; files are not merged."""
    if override is not None:
        if not override.is_dir():
            raise PsbotError(f"the folder {override} does not exist", f"specify the folder with your {name}")
        return override
    bundled = _PACKAGE / "_bundled"
    return (bundled if bundled.is_dir() else _PACKAGE.parent) / name

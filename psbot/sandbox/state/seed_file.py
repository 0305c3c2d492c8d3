"""Loads groups, projects, people and members from a YAML or JSON file.

The file has the keys ``groups`` and ``projects`` (full paths), ``people`` (``{username, name, kind}``) and
``members`` (``{place, username, role}``). All keys are optional; existing groups and people stay.
"""

from pathlib import Path
from typing import Any

import yaml

from psbot.errors import PsbotError
from psbot.sandbox.state.accounts import AccessLevel, UserKind
from psbot.sandbox.state.seed import add_user_with_token
from psbot.sandbox.state.world import World

_KEYS = {"groups", "projects", "people", "members"}


def load_seed_file(world: World, path: Path) -> None:
    """Add the content of the file to *world*. Raises PsbotError for an invalid file."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PsbotError(f"cannot read {path}: {error}", "specify a YAML or JSON file") from error
    try:
        add_seed_data(world, data or {})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        hint = (
            "allowed keys: groups, projects, people (username, name, kind), members (place, username, role)"
        )
        raise PsbotError(f"{path} is not a valid sandbox data file: {error}", hint) from error


def add_seed_data(world: World, data: dict[str, Any]) -> None:
    """Add groups, projects, people and members. Raises KeyError, TypeError or ValueError for invalid data."""
    unknown = set(data) - _KEYS
    if unknown:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))}")
    for full_path in data.get("groups") or []:
        world.ensure_namespace(full_path, is_group=True)
    for full_path in data.get("projects") or []:
        world.ensure_namespace(full_path, is_group=False)
    for person in data.get("people") or []:
        if world.user(person["username"]) is None:
            kind = UserKind(person.get("kind", "human"))
            add_user_with_token(world, person["username"], person.get("name", person["username"]), kind)
    for member in data.get("members") or []:
        place, user = world.namespace(member["place"]), world.user(member["username"])
        if place is None or user is None:
            raise ValueError(f"unknown group, project or user: {member}")
        world.add_member(place, user, AccessLevel[str(member["role"]).upper()])

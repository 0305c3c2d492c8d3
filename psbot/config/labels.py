"""Reads ``config/labels.yml``: the label scopes, their values, colours and descriptions."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator

from psbot.config.config_file import ConfigFile, ConfigModule, ConfigNames
from psbot.core.model.labels import LabelCatalogue, LabelScope, LabelSpec
from psbot.errors import Problem
from psbot.parsing.fields import Color, Slug, Text
from psbot.parsing.validation import STRICT, matching


class LabelEntry(BaseModel):
    """A label with a colour of its own."""

    model_config = STRICT
    description: Text
    color: Color | None = None


def _label_entry(value: object) -> object:
    return {"description": value} if isinstance(value, str) else value


class ScopeEntry(BaseModel):
    """A scope of ``labels.yml``."""

    model_config = STRICT
    name: Annotated[
        str,
        *matching(r"[^,\s:](?:[^,\n]*[^,\s:])?", "write a label scope without commas, such as ps-kind", 100),
    ]
    color: Color
    labels: dict[Slug, Annotated[LabelEntry, BeforeValidator(_label_entry)]]


class LabelsFile(BaseModel):
    """``labels.yml``."""

    model_config = STRICT
    scopes: dict[Slug, ScopeEntry]


def check(_file: ConfigFile[LabelsFile], _others: ConfigNames) -> Iterator[Problem]:
    """Yield nothing: the other files refer to labels, not labels to them."""
    yield from ()


def to_core(file: LabelsFile) -> Mapping[str, Any]:
    """Return the fields of the process that the file gives."""
    return {
        "catalogue": LabelCatalogue({purpose: _to_scope(scope) for purpose, scope in file.scopes.items()})
    }


def _to_scope(scope: ScopeEntry) -> LabelScope:
    return LabelScope(
        scope.name,
        {
            value: LabelSpec(f"{scope.name}::{value}", label.color or scope.color, label.description)
            for value, label in scope.labels.items()
        },
    )


MODULE = ConfigModule("labels", LabelsFile, check, to_core)

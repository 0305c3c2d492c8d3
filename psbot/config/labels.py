"""Labels."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from psbot.core.model.labels import Catalogue, LabelSpec, Scope
from psbot.parsing.fields import Color, Text, Word
from psbot.parsing.validation import STRICT, matching, suggestion


class LabelEntry(BaseModel):
    """A label with a colour of its own."""

    model_config = STRICT
    description: Text
    color: Color | None = None


def _label(value: object) -> object:
    return {"description": value} if isinstance(value, str) else value


class ScopeEntry(BaseModel):
    """A scope of ``labels.yml``."""

    model_config = STRICT
    name: Annotated[
        str,
        *matching(r"[^,\s:](?:[^,\n]*[^,\s:])?", "write a label scope without commas, such as ps-kind", 100),
    ]
    color: Color
    labels: dict[Word, Annotated[LabelEntry, BeforeValidator(_label)]]


class Labels(BaseModel):
    """``labels.yml``."""

    model_config = STRICT
    scopes: dict[Word, ScopeEntry]


def _unlabelled(labels: Labels, purpose: str, value: str) -> tuple[str, str] | None:
    if purpose not in labels.scopes:
        return f"labels.yml has no scope for {purpose}", suggestion(purpose, labels.scopes)
    if value not in labels.scopes[purpose].labels:
        known = labels.scopes[purpose].labels
        return (
            f"labels.yml has no label {value} for {purpose}",
            f"add it there, or {suggestion(value, known)}",
        )
    return None


def _catalogue(labels: Labels) -> Catalogue:
    return Catalogue(
        {
            purpose: Scope(
                scope.name,
                {
                    value: LabelSpec(f"{scope.name}::{value}", label.color or scope.color, label.description)
                    for value, label in scope.labels.items()
                },
            )
            for purpose, scope in labels.scopes.items()
        }
    )

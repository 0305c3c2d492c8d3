"""Labels."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from psbot.core.model.labels import LabelCatalogue, LabelScope, LabelSpec
from psbot.parsing.fields import Color, Slug, Text
from psbot.parsing.validation import STRICT, matching, suggest


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


def missing_label(labels: LabelsFile, purpose: str, value: str) -> tuple[str, str] | None:
    """Return what is missing for *value* in the scope of *purpose*, and what would be right; None if nothing is."""
    if purpose not in labels.scopes:
        return f"labels.yml has no scope for {purpose}", suggest(purpose, labels.scopes)
    if value not in labels.scopes[purpose].labels:
        known = labels.scopes[purpose].labels
        return (
            f"labels.yml has no label {value} for {purpose}",
            f"add it there, or {suggest(value, known)}",
        )
    return None


def to_core(labels: LabelsFile) -> LabelCatalogue:
    """Return the label catalogue that the file describes."""
    return LabelCatalogue(
        {
            purpose: LabelScope(
                scope.name,
                {
                    value: LabelSpec(f"{scope.name}::{value}", label.color or scope.color, label.description)
                    for value, label in scope.labels.items()
                },
            )
            for purpose, scope in labels.scopes.items()
        }
    )

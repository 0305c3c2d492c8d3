"""Config file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from psbot.errors import FileProblems
from psbot.parsing.validation import Model, validate
from psbot.parsing.yaml_document import Document, load_yaml


@dataclass(frozen=True, slots=True)
class ConfigFile(Generic[Model]):
    """A file of ``config/`` whose shape is right."""

    document: Document
    model: Model


def load_config_file(file: Path, model: type[Model]) -> ConfigFile[Model]:
    """Read *file* as *model*; raises FileProblems with everything that is wrong in it."""
    document = load_yaml(file)
    result = validate(model, document)
    if result.model is None:
        raise FileProblems(result.problems)
    return ConfigFile(document, result.model)
